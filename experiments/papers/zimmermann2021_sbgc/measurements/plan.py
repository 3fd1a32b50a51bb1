"""Which trainings and measurements a run asks for, at a scale. Called by `train`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from experiments.contract.fields import Json, build
from experiments.contract.recipes import Training
from experiments.methods.score_models.diffusions import DiffusionName
from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Discriminative, Flow
from experiments.papers.zimmermann2021_sbgc.baselines.data import Data
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import MEASUREMENTS, Form
from experiments.papers.zimmermann2021_sbgc.networks import FORMS, MAIN, Scale
from experiments.papers.zimmermann2021_sbgc.score.training import score_fields

SLUG = "zimmermann2021_sbgc"
KIND = "experiment"
"""The field of a configuration that says what it is of."""
EVERY_SEED = ("discriminative", "flow", "ode", "noise_4", "noise_16", "noise_64", "noise_eliminating")
JUDGED_BY_ANOTHER: Mapping[str, Mapping[str, Json]] = {
    "noise_over_banks": {**FORMS["noise_16"], "banks": 4, "bank": 1},
    "ode_other_probe": FORMS["ode_quick"],
}
"""What is attacked, where a bank of noise that the attack does not know judges."""
FEWER: Mapping[str, Json] = {"linf": [0.05, 0.1, 0.2], "l2": [0.5, 1.0]}
"""The eps of attacks that take long."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A measurement by name; those of several seeds share the name."""

    name: str
    """Kind, classifier and, for other diffusions than the main one, the diffusion."""
    recipe: Training


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a run asks for."""

    scale: Scale
    data: Data
    path: str
    seeds: tuple[int, ...]

    def trainings(self) -> list[Training]:
        """Every network once."""
        main = [
            self._network(form, diffusion=MAIN, seed=seed) for form in ("ode", "discriminative", "flow") for seed in self.seeds
        ]
        return main + [self._network("ode", diffusion=name, seed=self.seeds[0]) for name in self.scale.others]

    def measurements(self) -> list[Stage]:
        """Everything that is measured of them."""
        return [*self._clean(), *self._corrupted(), *self._attacks(), *self._looks()]

    def _clean(self) -> list[Stage]:
        scale, first = self.scale, self.seeds[0]
        images = {"images": scale.clean_images}
        every = [self._stage("clean", form, images, seed=seed) for form in EVERY_SEED for seed in self.seeds]
        slow = [
            self._stage("clean", "ode_adaptive", {"images": scale.adaptive_images}, seed=first),
            self._stage("clean", "robust", {"images": scale.robust_images}, seed=first),
        ]
        others = [
            self._stage("clean", form, images, seed=first, diffusion=name)
            for name in scale.others
            for form in ("ode", "noise_16")
        ]
        return every + slow + others

    def _corrupted(self) -> list[Stage]:
        scale = self.scale
        images = {"images": scale.corrupted_images, "severities": list(scale.corrupted_severities)}
        forms = ("discriminative", "flow_quick", "noise_16")
        every = [self._stage("corrupted", form, images, seed=seed) for form in forms for seed in self.seeds]
        fewer = {"images": scale.corrupted_ode_images, "severities": list(scale.corrupted_ode_severities)}
        return [*every, self._stage("corrupted", "ode_quick", fewer, seed=self.seeds[0])]

    def _attacks(self) -> list[Stage]:
        scale, first = self.scale, self.seeds[0]
        much = {"images": scale.attacked_images, "steps": scale.attack_steps}
        # Every step goes through all of the solver's, forth and back.
        over_banks = {**FEWER, "l2": [], "images": scale.attacked_banks_images, "steps": scale.attack_steps, "judged_bank": 0}
        less = {**FEWER, "images": scale.attacked_ode_images, "steps": scale.attack_ode_steps}
        return [
            *(self._stage("attack", form, much, seed=seed) for form in ("discriminative", "noise_16") for seed in self.seeds),
            self._stage("attack", "flow_quick", much, seed=first),
            self._stage("attack", "ode_quick", less, seed=first),
            self._stage("attack", "ode_other_probe", {**less, "l2": [], "judged_bank": 1}, seed=first),
            self._stage("attack", "noise_over_banks", over_banks, seed=first),
        ]

    def _looks(self) -> list[Stage]:
        scale, first = self.scale, self.seeds[0]
        test = {"images": scale.tested_images, "inner": scale.tested_inner, "steps": scale.attack_steps}
        strangers = {"images": scale.strangers}
        return [
            self._stage("tested", "discriminative", test, seed=first),
            self._stage("tested", "readout", test, seed=first),
            self._stage("paths", "ode_quick", {"images": scale.clean_images, "pairs": scale.paths}, seed=first),
            self._stage("strangers", "ode_quick", strangers, seed=first),
            self._stage("strangers", "flow_quick", strangers, seed=first),
        ]

    def _stage(self, kind: str, form: str, fields: Mapping[str, Json], *, seed: int, diffusion: DiffusionName = MAIN) -> Stage:
        network = self._network(form, diffusion=diffusion, seed=seed)
        whole = {"form": asdict(build(Form, _form(form))), "network": dict(network.configuration), **fields}
        # Built, so that a bad field is found now and defaults are part of the recipe.
        configuration = {**asdict(build(MEASUREMENTS[kind], whole)), KIND: kind}
        name = f"{kind}_{form}" if diffusion == MAIN else f"{kind}_{form}_{diffusion}"
        return Stage(name=name, recipe=Training(paper=SLUG, configuration=configuration, seeds=(seed,)))

    def _network(self, form: str, *, diffusion: DiffusionName, seed: int) -> Training:
        where: dict[str, Json] = {"data": self.data, "path": self.path}
        kind = _form(form)["kind"]
        fields: dict[str, Json]
        if kind == "discriminative":
            fields = {**asdict(build(Discriminative, {**self.scale.discriminative, **where})), KIND: kind}
        elif kind == "flow":
            fields = {**asdict(build(Flow, {**self.scale.flow, **where})), KIND: kind}
        else:
            fields = {**score_fields(self.scale.score, diffusion=diffusion, data=self.data, path=self.path), KIND: "score"}
        return Training(paper=SLUG, configuration=fields, seeds=(seed,))


def _form(name: str) -> Mapping[str, Json]:
    return JUDGED_BY_ANOTHER[name] if name in JUDGED_BY_ANOTHER else FORMS[name]
