"""What provenance says of the libraries that a stimulus depends on."""

import captum
import pytest
import skimage
import timm

from experiments.contract import environment

pytestmark = pytest.mark.unit


def test_versions_are_those_of_the_libraries_that_make_stimuli():
    found = environment.versions()

    assert (found["timm"], found["captum"], found["scikit-image"]) == (timm.__version__, captum.__version__, skimage.__version__)
    assert {"open-clip-torch", "safetensors", "scikit-learn", "torch-lucent"} <= found.keys()


def test_optional_package_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment, "OPTIONAL", ("no-such-package",))

    assert environment.versions.__wrapped__().keys() == {"python", *environment.PACKAGES}
