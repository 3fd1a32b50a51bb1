"""Makes a run in all processes that torchrun started: trainings together, all else in the first. Called by `run`."""

from experiments.contract.artifacts import Manifest
from experiments.contract.recipes import Recipe, Run, Training
from experiments.methods.training import parallel
from experiments.workshop import LocalWorkshop, made


class TogetherWorkshop(LocalWorkshop):
    """A workshop of one of several processes, all of which ask for the same recipes in the same order."""

    def obtain(self, recipe: Recipe) -> Manifest:
        """The artifact of `recipe`: a run or training is made by all processes and stored by the first.

        Raises:
            InputError: The recipe cannot be made as asked; in every process.
        """
        self.note([recipe])
        if not isinstance(recipe, Run | Training):
            alone = LocalWorkshop(store=self.store, device=self.device, report=self.report)
            return parallel.from_first(lambda: alone.obtain(recipe))
        stored = parallel.from_first(lambda: self.store.manifest(recipe.digest))
        if stored is not None:
            return stored
        product, provenance = made(recipe, self)
        provenance["processes"] = parallel.count()
        return parallel.from_first(lambda: self.store.publish(recipe, product, provenance=provenance))
