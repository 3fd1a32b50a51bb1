"""The numbers with which the explorer has stimuli made, kept in the query string. Sized for two cores: a part in seconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django import forms

from experiments.contract.recipes.base import MAX_SIDE
from model_zoo.catalogue import ModelCard

MOST_SIDE = 128
"""px of the pictures of a network whose own images are larger, unless somebody asks for more."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may change; the rest of each recipe follows from it."""

    pool: str = "photographs"
    pool_size: int = 1700
    size: int = MOST_SIDE
    """px at which the network sees images and visualizations."""
    steps: int = 96
    usual_size: int = MOST_SIDE
    """What `size` is where nobody asks for another."""

    @classmethod
    def usual(cls, model: ModelCard) -> "Options":
        """Those of a network, if nobody asks for others: at the size of its own images, unless two cores would take long."""
        size = min(MOST_SIDE, model.input_size)
        return cls(size=size, usual_size=size)

    @property
    def query(self) -> str:
        """The query string that leads back to them; empty where all are as usual."""
        usual = Options(size=self.usual_size, usual_size=self.usual_size)
        changed = {name: value for name, value in asdict(self).items() if value != getattr(usual, name)}
        return f"?{urlencode(changed)}" if changed else ""


def options_query(settings: Mapping[str, Any]) -> str:
    """The query string that leads to the pictures which a study with these settings shows."""
    told = {field.name: settings[field.name] for field in fields(Options) if field.name in settings}
    return f"?{urlencode(told)}" if told else ""


class OptionsForm(forms.Form):
    """The options as a form; a field that is left out is as usual."""

    pool = forms.CharField(
        required=False, max_length=500, help_text="photographs, photographs+stamps, or a folder on the workers"
    )
    pool_size = forms.IntegerField(
        required=False, min_value=1, max_value=10**8, help_text="Images of the pool that are looked at"
    )
    size = forms.IntegerField(required=False, min_value=32, max_value=MAX_SIDE, help_text="px that the network sees")
    steps = forms.IntegerField(required=False, min_value=1, max_value=20_000, help_text="Of a visualization")

    def __init__(self, query: Mapping[str, Any], *, usual: Options) -> None:
        super().__init__({name: query.get(name) or getattr(usual, name) for name in self.base_fields})
        self.usual = usual

    def options(self) -> Options:
        """What was given, and the usual ones where nothing was or where it was no good."""
        self.full_clean()
        return replace(self.usual, **{name: value for name, value in self.cleaned_data.items() if value not in (None, "")})


def options_form(query: Mapping[str, Any], *, model: ModelCard) -> OptionsForm:
    """The form for the pictures of a network, filled from a query string."""
    return OptionsForm(query, usual=Options.usual(model))
