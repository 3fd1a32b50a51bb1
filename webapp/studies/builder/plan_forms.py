"""The builder's forms together: filled from nothing or from a study, and read as a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django import forms

from experiments.contract.designs import Design
from experiments.contract.errors import InputError
from webapp.participants.consent import default_consent
from webapp.participants.models import ConsentText, Recruitment
from webapp.studies.builder.forms import SETTING, AssumptionsForm, RecruitmentForm, SettingsForm, StudyForm
from webapp.studies.builder.units import fitting_sizes, models_with_pictures, units_chosen
from webapp.studies.models import Study
from webapp.studies.services.study import COPIED, DATES, StudyPlan

DECIDED = ("languages", *DATES, *(name for name in COPIED if name != "paper"))
"""Fields of a plan, of its form and of its study alike."""
RECRUITED = ("recruiter", "external_study_id", "reward", "currency")
"""Fields of a recruitment and of its form alike."""
CODES = ("completed", "failed_checks", "no_consent")
CHOSEN_AS = {"unit": "pasted", "units": "pasted", "participants_per_condition": "tasks", "trials": "main_trials"}
"""Where the builder asks for what a service calls otherwise."""


@dataclass(frozen=True, kw_only=True)
class PlanForms:
    """The four forms of a page."""

    study: StudyForm
    settings: SettingsForm
    recruitment: RecruitmentForm
    assumptions: AssumptionsForm

    @classmethod
    def of(cls, design: Design, *, data: Mapping[str, Any] | None, study: Study | None, units: Sequence[str] = ()) -> Self:
        """The forms of a design, with what was sent, or else with what the study has; a new one begins with these units."""
        initial = _initial(study) if study else {"consent": default_consent().id, **_pasted(units)}
        settings = study.settings if study else fitting_sizes(design, units)
        set_before = {SETTING + name: value for name, value in settings.items()}
        return cls(
            study=StudyForm(data, design=design, initial=initial),
            settings=SettingsForm(data, design=design, initial=set_before),
            recruitment=RecruitmentForm(data, initial=initial),
            assumptions=AssumptionsForm(data, design=design),
        )

    def __iter__(self) -> Iterator[forms.Form]:
        return iter((self.study, self.settings, self.recruitment, self.assumptions))

    def are_valid(self) -> bool:
        """Whether every field is by itself; all are looked at, so that all errors show at once."""
        return all([form.is_valid() for form in self])

    def refuse(self, error: InputError) -> None:
        """Show an error at the field that it names, or above the form."""
        told = f"{error.message[:1].upper()}{error.message[1:]}. {error.remedy}."
        field = CHOSEN_AS.get(error.field, error.field)
        if SETTING + field in self.settings.fields:
            self.settings.add_error(SETTING + field, told)
        elif field in self.study.fields:
            self.study.add_error(field, told)
        elif field in self.recruitment.fields:
            self.recruitment.add_error(field, told)
        else:
            self.study.add_error(None, f"{error.field}: {told}")

    def plan(self, paper: str) -> StudyPlan:
        """The plan that they mean; they are valid.

        Raises:
            InputError: The units do not exist.
        """
        chosen = self.study.cleaned_data
        fields = ("conditions", *DECIDED)
        decided = {name: chosen[name] for name in fields if name in chosen}
        return StudyPlan(paper=paper, units=self._units(), settings=self.settings.settings(), **decided)

    def _units(self) -> list[str]:
        """The units that are chosen; none where the form asks for none."""
        chosen = self.study.cleaned_data
        if "units_from" not in chosen:
            return []
        return units_chosen(
            chosen["units_from"],
            models=chosen["models"],
            count=chosen["count"],
            seed=chosen["seed"],
            layer=chosen["layer"],
            pasted=chosen["pasted"],
        )

    @property
    def consent(self) -> ConsentText:
        """The text that participants agree to."""
        text: ConsentText = self.study.cleaned_data["consent"]
        return text

    def recruitment_values(self) -> dict[str, Any]:
        """The fields of the recruitment."""
        chosen = self.recruitment.cleaned_data
        codes = {outcome: chosen[f"code_{outcome}"] for outcome in CODES if chosen[f"code_{outcome}"]}
        return {**{name: chosen[name] for name in RECRUITED}, "completion_codes": codes}


def _initial(study: Study) -> dict[str, Any]:
    initial = {name: getattr(study, name) for name in DECIDED}
    initial |= {"consent": study.consent_id, **_pasted(study.unit_addresses)}
    initial["conditions"] = [condition.name for condition in study.conditions.all()]
    return initial | (_of_recruitment(study.recruitment) if study.recruitment else {})


def _pasted(units: Sequence[str]) -> dict[str, Any]:
    if not units:
        return {}
    known = models_with_pictures()
    named = dict.fromkeys(unit.partition("/")[0] for unit in units)
    return {"units_from": "pasted", "pasted": "\n".join(units), "models": [model for model in named if model in known]}


def _of_recruitment(recruitment: Recruitment) -> dict[str, Any]:
    fields = {name: getattr(recruitment, name) for name in RECRUITED}
    codes = {f"code_{outcome}": code for outcome, code in recruitment.completion_codes.items()}
    return {**fields, **codes}
