"""The form that starts a run. It checks paper, preset and seed; the settings are the paper's own, which a worker checks."""

from typing import Any, get_args

from django import forms

from experiments import registry
from experiments.contract.errors import InputError
from experiments.contract.fields import parse_settings
from experiments.contract.recipes import Run
from experiments.contract.recipes.runs import Preset
from webapp.runs.services import run_recipe


class RunForm(forms.Form):
    """What is run, and at which scale."""

    paper = forms.ChoiceField(
        choices=lambda: [(slug, f"{paper.title} ({slug})") for slug, paper in registry.experiments().items() if paper.runs]
    )
    preset = forms.ChoiceField(
        choices=[(preset, preset) for preset in get_args(Preset)],
        initial="smoke",
        help_text="smoke: seconds, claims nothing; cpu: minutes to two hours on two cores; paper: as published, on a GPU",
    )
    seed = forms.IntegerField(min_value=0, max_value=2**32 - 1, initial=0)
    settings = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        required=False,
        help_text="Changes of the preset, one key=value a line, by the settings that the paper's README names",
    )

    def clean_settings(self) -> dict[str, Any]:
        """The lines as settings."""
        lines = [line.strip() for line in self.cleaned_data["settings"].splitlines()]
        try:
            return parse_settings([line for line in lines if line])
        except InputError as error:
            raise forms.ValidationError(f"{error.message}. Write key=value.") from error

    def clean(self) -> dict[str, Any]:
        """Refuse what is no recipe."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.recipe = _recipe(values)
            except InputError as error:
                self.add_error(error.field if error.field in self.fields else None, f"{error.message}. {error.remedy}.")
        return values

    recipe: Run
    """Of a form that is valid."""


def _recipe(values: dict[str, Any]) -> Run:
    return run_recipe(values["paper"], preset=values["preset"], seed=values["seed"], settings=values["settings"])
