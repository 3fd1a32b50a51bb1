"""Models made here come from the artifact store with all that they are built of, also when bringing them was cut short."""

from pathlib import Path

import pytest

from experiments.contract.artifacts import ArtifactStore, NewFile, Product
from experiments.contract.local_models import CARD, WEIGHTS, bring_models, model_id
from experiments.contract.recipes import Network

pytestmark = pytest.mark.unit


def kept(store: ArtifactStore, *, seed: int, card: str) -> tuple[str, str]:
    """A model in the store: its id and the sha256 of its weights."""
    files = [NewFile(name=CARD, content=card.encode()), NewFile(name=WEIGHTS, content=f"weights {seed}".encode())]
    made = store.publish(Network(seed=seed), Product(new_files=files), provenance={})
    return model_id(made.digest), made.file(WEIGHTS).sha256


def test_model_whose_bringing_was_cut_short_gets_its_base_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DIR", str(tmp_path / "zoo"))
    store = ArtifactStore(str(tmp_path / "store"))
    base, weights = kept(store, seed=1, card="{}")
    fooled, _ = kept(store, seed=2, card=f'{{"spec": {{"base": "{base}"}}}}')
    store.remove_blob(weights)

    with pytest.raises(FileNotFoundError):
        bring_models(fooled, store=store)
    store.write_blob(b"weights 1")
    bring_models(fooled, store=store)

    assert {(tmp_path / "zoo" / name / file).is_file() for name in (base, fooled) for file in (CARD, WEIGHTS)} == {True}
