"""The numbers with which the explorer has stimuli made, kept in the query string. Sized for two cores: a part in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from django import forms

from experiments.contract.recipes.base import MAX_SIDE


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may change; the rest of each recipe follows from it."""

    pool: str = "photographs"
    pool_size: int = 1700
    size: int = 128
    """px at which the network sees images and visualizations."""
    steps: int = 96

    @property
    def query(self) -> str:
        """The query string that leads back to them; empty where all are the defaults."""
        changed = {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name) != field.default}
        return f"?{urlencode(changed)}" if changed else ""


DEFAULTS = Options()


class OptionsForm(forms.Form):
    """The options as a form; a field that is left out keeps its default."""

    pool = forms.CharField(
        required=False, max_length=500, help_text="photographs, photographs+stamps, or a folder on the workers"
    )
    pool_size = forms.IntegerField(
        required=False, min_value=1, max_value=10**8, help_text="Images of the pool that are looked at"
    )
    size = forms.IntegerField(required=False, min_value=32, max_value=MAX_SIDE, help_text="px that the network sees")
    steps = forms.IntegerField(required=False, min_value=1, max_value=20_000, help_text="Of a visualization")

    def options(self) -> Options:
        """What was given, and the defaults where nothing was or where it was no good."""
        if not self.is_bound:
            return DEFAULTS
        self.full_clean()
        return Options(**{name: value for name, value in self.cleaned_data.items() if value not in (None, "")})


def options_form(query: Mapping[str, Any]) -> OptionsForm:
    """The form, filled from a query string."""
    given = {field.name: query.get(field.name) or field.default for field in fields(Options)}
    return OptionsForm(given)
