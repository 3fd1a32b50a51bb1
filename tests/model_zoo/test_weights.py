"""The file of a model's weights: missing, another, with code in it, or not that of the network."""

import dataclasses
import hashlib
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from model_zoo import weight_files
from model_zoo.catalogue import ModelCard, Weights, card
from model_zoo.errors import InputError
from model_zoo.loading import build, load
from model_zoo.states import fill, read_state

pytestmark = pytest.mark.unit

PREFIX_PUBLISHED, NONE_PUBLISHED = "resnet50.tv_in1k", "resnet50.madry_l2_eps3"


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty zoo folder."""
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    return tmp_path


def put(model_id: str, content: object) -> Path:
    """The published file of a model, with this content."""
    path = weight_files.zoo_folder() / card(model_id).weights.file
    path.parent.mkdir()
    torch.save(content, path)
    return path


def vouch(path: Path) -> None:
    """What `sha256sum` writes."""
    path.with_name(f"{path.name}.sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


def refused(model_id: str) -> InputError:
    with pytest.raises(InputError) as raised:
        load(model_id, device="cpu")
    assert raised.value.field == "unit"
    return raised.value


class Code:
    """Unpickled, it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


def test_load_says_which_file_belongs_where(zoo: Path):
    model = card(PREFIX_PUBLISHED)

    text = str(refused(PREFIX_PUBLISHED))

    for part in ("resnet50-0676ba61.pth", model.weights.sha256, str(zoo / PREFIX_PUBLISHED), model.weights.url):
        assert part in text


def test_load_refuses_a_file_with_another_digest(zoo: Path):
    put(PREFIX_PUBLISHED, {})

    assert "0676ba61" in refused(PREFIX_PUBLISHED).message


def test_load_refuses_a_file_for_which_nobody_vouches(zoo: Path):
    path = put(NONE_PUBLISHED, {})

    assert refused(NONE_PUBLISHED).remedy.endswith(f"sha256sum {path.name} > {path.name}.sha256")


@pytest.mark.parametrize("text", ["", "no digest", "1234  file"])
def test_load_refuses_a_digest_that_is_none(zoo: Path, text: str):
    path = put(NONE_PUBLISHED, {})
    path.with_name(f"{path.name}.sha256").write_text(text)

    assert "vouches" in refused(NONE_PUBLISHED).message


def test_load_runs_no_code_of_a_checkpoint(zoo: Path):
    path = put(NONE_PUBLISHED, {"model": {}, "arguments": Code(zoo / "ran")})
    vouch(path)

    assert "running code in it" in refused(NONE_PUBLISHED).message
    assert not (zoo / "ran").exists()


@pytest.mark.filterwarnings("ignore:.torch.(jit|load)")
def test_load_runs_no_code_of_torchscript(zoo: Path):
    path = put(NONE_PUBLISHED, {})
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)
    vouch(path)

    assert "resnet50_l2_eps3.safetensors" in refused(NONE_PUBLISHED).remedy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state": {}}, "under 'model'"),
        ({"model": {"module.model.fc.bias": 3}}, "no tensors by name"),
        ([torch.zeros(1)], "under 'model'"),
        ({"model": {"fc.bias": torch.zeros(1000)}}, "lacks conv1.weight, bn1.weight, bn1.bias and"),
        ({"model": {"module.model.old": torch.zeros(1)}}, "has unknown old"),
        ({"model": {"module.model.fc.bias": torch.zeros(9)}}, "has other shapes of fc.bias"),
    ],
)  # fmt: skip
def test_load_says_how_a_file_does_not_fit(zoo: Path, content: object, message: str):
    vouch(put(NONE_PUBLISHED, content))

    assert message in refused(NONE_PUBLISHED).message


@pytest.mark.parametrize("name", ["resnet50_l2_eps3.ckpt", "resnet50_l2_eps3.safetensors"])
def test_load_refuses_a_damaged_file(zoo: Path, name: str):
    path = put(NONE_PUBLISHED, {"model": {}}).with_name(name)
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    vouch(path)

    assert f"{path} cannot be used" in refused(NONE_PUBLISHED).message


def test_load_names_the_extra_of_a_missing_package(zoo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lucent.modelzoo", None)

    with pytest.raises(InputError) as raised:
        build(card("googlenet.tf_in1k"))

    assert (raised.value.field, raised.value.remedy) == ("unit", "Install the extra 'lucent'")


def test_conversion_of_the_operator_comes_before_the_published_file(zoo: Path):
    published = put(NONE_PUBLISHED, {})
    converted = published.with_suffix(".safetensors")
    save_file({"module.model.fc.bias": torch.ones(2), "module.attacker.fc.bias": torch.zeros(2)}, converted)
    vouch(converted)

    found = weight_files.checked(card(NONE_PUBLISHED))

    assert found.path == converted
    state = read_state(found.path, weights=card(NONE_PUBLISHED).weights)
    assert {name: tensor.tolist() for name, tensor in state.items()} == {"fc.bias": [1, 1]}


def test_conversion_is_not_vouched_for_by_the_digest_of_the_published_file(zoo: Path):
    published = put(PREFIX_PUBLISHED, {})
    save_file({"fc.bias": torch.ones(2)}, published.with_suffix(".safetensors"))

    assert "vouches" in refused(PREFIX_PUBLISHED).message


def test_read_state_gives_new_names_and_single_precision(tmp_path: Path):
    path = tmp_path / "weights.pt"
    torch.save({"a.layer1.norm.2.bias": torch.ones(2).half(), "a.count": torch.tensor(3), "b.rest": torch.ones(1)}, path)

    state = read_state(path, weights=Weights(file=path.name, sha256="", prefix="a.", renamed={r"(norm)\.([12])": r"\1\2"}))

    assert {name: tensor.dtype for name, tensor in state.items()} == {"layer1.norm2.bias": torch.float32, "count": torch.int64}


def test_fill_takes_the_tensors_themselves(tmp_path: Path):
    """A large network is not there twice."""
    network, state = nn.Linear(2, 3, device="meta"), nn.Linear(2, 3).state_dict()

    fill(network, state, path=tmp_path)

    assert network.weight.data_ptr() == state["weight"].data_ptr()


def test_model_made_here_without_weights_is_to_be_made_anew(zoo: Path):
    model: ModelCard = dataclasses.replace(
        card(PREFIX_PUBLISHED), id="local.0123456789ab", weights=Weights(file="local.0123456789ab/weights.safetensors", sha256="")
    )

    with pytest.raises(InputError, match="anew"):
        weight_files.find(model)
