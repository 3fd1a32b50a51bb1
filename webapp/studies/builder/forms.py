"""The builder's forms: what every study has, the settings of its design, and what the prediction assumes."""

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from django import forms

from experiments import registry
from experiments.contract.designs import LANGUAGES, Design
from webapp.participants.amounts import MoneyField
from webapp.participants.consent import IMPORTED
from webapp.participants.models import ConsentText, Recruitment
from webapp.studies.builder.hints import HINTS
from webapp.studies.builder.units import UNIT_SOURCES, layer_choices, models_with_pictures
from webapp.studies.models import Study

SETTING = "setting_"
OF_UNITS = ("units_from", "models", "count", "seed", "layer", "pasted", "allocation")
"""Fields of studies that ask about units."""
ACCURACY = "accuracy_"
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
SOURCE_LABELS = {
    "drawn": "drawn at random: first a layer, then a channel",
    "layer": "all channels of a layer",
    "pasted": "the addresses below",
}


class PaperForm(forms.Form):
    """The first choice: whose design."""

    paper = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=lambda: [
            (slug, f"{paper.title} ({slug})") for slug, paper in registry.experiments().items() if paper.asks_people
        ],
    )


class StudyForm(forms.Form):
    """What every study has; conditions are those of the design."""

    name = forms.SlugField(max_length=60, help_text="Short name: letters, digits, '-' or '_'; it names the study in exports")
    title = forms.CharField(max_length=200, required=False, help_text="Participants read it; empty: the design's own")
    conditions = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    units_from = forms.ChoiceField(
        choices=[(source, SOURCE_LABELS[source]) for source in UNIT_SOURCES], widget=forms.RadioSelect, initial="drawn"
    )
    models = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    count = forms.IntegerField(min_value=1, max_value=5000, initial=18, help_text="Units drawn of each model")
    seed = forms.IntegerField(min_value=0, max_value=2**32 - 1, initial=1, help_text="The same seed draws the same units")
    layer = forms.ChoiceField(required=False)
    pasted = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        label="Addresses",
        help_text="<model>/<layer>:<channel>, one a line",
    )
    allocation = forms.ChoiceField(
        choices=Study.Allocation.choices,
        initial=Study.Allocation.BALANCED,
        help_text="Balanced: every unit equally often. Adaptive: more often where scores are least certain.",
    )
    lease_minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        initial=60,
        help_text="Whoever is not done by then gives the place to others",
    )
    erasure = forms.ChoiceField(
        choices=Study.Erasure.choices,
        initial=Study.Erasure.DELETE,
        help_text="When a person wants their answers erased: delete them, or cut every link to the person",
    )
    personal_ids_until = forms.DateField(
        widget=DAY, required=False, help_text="Then the recruiter's ids and their hashes are erased; empty: kept until erased"
    )
    answers_until = forms.DateField(
        widget=DAY, required=False, help_text="Then all answers are erased; empty: kept until erased. The consent page tells both"
    )
    languages = forms.MultipleChoiceField(choices=tuple(LANGUAGES.items()), widget=forms.CheckboxSelectMultiple, initial=["en"])
    consent = forms.ModelChoiceField(queryset=ConsentText.objects.none())
    notice = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), required=False, help_text="At the foot of the instructions"
    )
    thanks = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False, help_text="On the last page")
    contact = forms.CharField(max_length=200, required=False, help_text="Whom participants may write to")

    def __init__(self, *args: Any, design: Design, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Mapping[str, Any] = self.fields
        fields["conditions"].choices = [(name, name.replace("_", " ")) for name in design.CONDITIONS]
        fields["conditions"].initial = list(design.DEFAULT_CONDITIONS)
        models = models_with_pictures()
        fields["models"].choices = [(model, model) for model in models]
        fields["models"].initial = models[:1]
        fields["layer"].choices = layer_choices()
        if design.ASKS_ABOUT == "images":
            for name in OF_UNITS:
                del self.fields[name]
        fields["consent"].queryset = ConsentText.objects.exclude(version=IMPORTED).order_by("-created_at")


class SettingsForm(forms.Form):
    """One field for each setting of a design; the design checks the values itself."""

    def __init__(self, *args: Any, design: Design, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = get_type_hints(design.Settings)
        for setting in dataclasses.fields(design.Settings):
            self.fields[SETTING + setting.name] = _setting_field(setting, hints[setting.name])

    def settings(self) -> dict[str, Any]:
        """The values by their names in the design."""
        return {name.removeprefix(SETTING): value for name, value in self.cleaned_data.items()}


class RecruitmentForm(forms.Form):
    """Where participants come from and what they get."""

    recruiter = forms.ChoiceField(choices=Recruitment.Recruiter.choices, initial=Recruitment.Recruiter.DIRECT)
    external_study_id = forms.CharField(max_length=64, required=False, help_text="Of the study (Prolific) or HIT (MTurk)")
    reward = MoneyField(min_value=0, max_value=1000, initial=0, help_text="For everybody who finishes, such as 2.79")
    currency = forms.ChoiceField(choices=[(code, code) for code in ("USD", "GBP", "EUR")], initial="USD")
    code_completed = forms.CharField(max_length=64, required=False, help_text="The recruiter's completion code")
    code_failed_checks = forms.CharField(max_length=64, required=False, help_text="Its code for failed checks, if any")
    code_no_consent = forms.CharField(max_length=64, required=False, help_text="Its code for no consent, if any")


class AssumptionsForm(forms.Form):
    """The effect that the power is simulated for, and what the cost assumes."""

    participant_sd = forms.FloatField(min_value=0, max_value=5, initial=0.5, help_text="Spread of participants, in log odds")
    unit_sd = forms.FloatField(min_value=0, max_value=5, initial=0.8, help_text="Spread of units, in log odds")
    trial_seconds = forms.FloatField(min_value=0.5, max_value=600, initial=8, help_text="From one trial to the next")
    other_seconds = forms.FloatField(min_value=0, max_value=7200, initial=180, help_text="Consent, instructions, breaks")
    excluded = forms.FloatField(min_value=0, max_value=0.9, initial=0.25, help_text="Share who fail the checks and are paid")
    fee = forms.FloatField(min_value=0, max_value=1, initial=0.2, help_text="The recruiter's share on top of the rewards")

    def __init__(self, *args: Any, design: Design, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, condition in enumerate(design.CONDITIONS):
            self.fields[ACCURACY + condition] = forms.FloatField(
                label=f"Accuracy, {condition.replace('_', ' ')}", min_value=0.01, max_value=0.99, initial=0.7 if number else 0.8
            )

    def accuracies(self, conditions: list[str]) -> dict[str, float]:
        """The assumed share of right answers in each of these conditions."""
        return {condition: self.cleaned_data[ACCURACY + condition] for condition in conditions}


def _setting_field(setting: "dataclasses.Field[Any]", hint: Any) -> forms.Field:
    about: dict[str, Any] = {"label": setting.name.replace("_", " "), "initial": setting.default}
    about["help_text"] = HINTS.get(setting.name, "")
    if get_args(hint) and get_origin(hint):
        return forms.ChoiceField(choices=[(choice, choice) for choice in get_args(hint)], **about)
    if hint is bool:
        return forms.BooleanField(required=False, **about)
    if hint is int:
        return forms.IntegerField(**about)
    return forms.FloatField(**about) if hint is float else forms.CharField(**about)
