"""The form in which researchers set the thresholds of a study's quality rules, a row for each rule and condition."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from django import forms

from experiments.contract.quality import QUALITY_NAMES, QualityName
from webapp.studies.models import Study

# What each rule looks at, and in what; the definitions stand in `contract.quality`.
MEANINGS: Mapping[QualityName, str] = {
    "catch_ratio": "share of catch trials that were right, 0 to 1",
    "instruction_time": "s on the pages of instructions",
    "total_time": "s from the first page of instructions to the end, without pauses of the study",
    "side_variability": "how often the side that was chosen less was chosen, in main and catch trials",
    "practice_attempts": "attempts at practice",
    "participations": "sessions of this person in studies of this paper",
    "impossible_rt": "answers faster than a person can be, or slower than the clock allows",
    "focus_losses": "how often the page lost the focus in main trials",
}
ENDS = ("low", "high")


class RulesForm(forms.Form):
    """Low and high end of each rule by condition; a rule with neither is not asked for."""

    def __init__(self, study: Study, rules: Mapping[str, Sequence[Mapping[str, Any]]], data: Any = None) -> None:
        super().__init__(data)
        self.conditions = [condition.name for condition in study.conditions.order_by("id")]
        for condition in self.conditions:
            ends = {rule["name"]: rule for rule in rules.get(condition, ())}
            for name, end in product(QUALITY_NAMES, ENDS):
                value = ends.get(name, {}).get(end)
                # The table's headings name the fields for eyes alone.
                widget = forms.NumberInput(attrs={"aria-label": f"{condition}: {name}, {end} end", "step": "any"})
                initial = None if value is None else str(value).removesuffix(".0")
                self.fields[f"{condition}-{name}-{end}"] = forms.FloatField(required=False, initial=initial, widget=widget)

    def tables(self) -> list[dict[str, Any]]:
        """The fields as the page shows them: a table for each condition."""
        return [
            {
                "condition": condition,
                "rows": [
                    {"name": name, "meaning": meaning, "fields": [self[f"{condition}-{name}-{end}"] for end in ENDS]}
                    for name, meaning in MEANINGS.items()
                ],
            }
            for condition in self.conditions
        ]

    def rules(self) -> dict[str, list[dict[str, Any]]]:
        """What was typed, as `rule_set_create` takes it."""
        return {
            condition: [
                {"name": name, **ends}
                for name in QUALITY_NAMES
                for ends in [{end: self.cleaned_data[f"{condition}-{name}-{end}"] for end in ENDS}]
                if ends != dict.fromkeys(ENDS)
            ]
            for condition in self.conditions
        }
