"""The form that orders a manipulated circuit from a unit's page; the recipe checks the values itself."""

from typing import Any

from django import forms

from experiments.contract.errors import InputError

CONSTRUCTIONS = (
    ("gate", "gate: a detector of visualizations switches units"),
    ("silent", "silent: a branch that no natural image wakes"),
)
TARGETS = (
    ("permute", "permute: every unit shows the one some channels further on"),
    ("unit", "unit: this unit shows the donor"),
    ("image", "image: this unit shows an image"),
)


class CircuitForm(forms.Form):
    """What visualizations of this unit are to show instead."""

    construction = forms.ChoiceField(choices=CONSTRUCTIONS)
    target = forms.ChoiceField(choices=TARGETS)
    offset = forms.IntegerField(required=False, min_value=1, help_text="permute: how many channels further on; empty: 1")
    donor = forms.CharField(required=False, max_length=200, help_text="unit: address of another unit of this layer")
    image = forms.CharField(required=False, max_length=500, help_text="image: path of a file on the worker; empty: a photograph")

    def body(self) -> dict[str, Any]:
        """The fields of the recipe that were filled in."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def refuse(self, error: InputError) -> None:
        """Show an error at the field that it names, or above the form."""
        told = f"{error.message}. {error.remedy}."
        self.add_error(error.field if error.field in self.fields else None, told)
