"""The form on which a researcher chooses what to download."""

from datetime import datetime
from typing import Any

from django import forms

from webapp.participants.models import Participant
from webapp.studies.exports.documented import CHOICES
from webapp.studies.exports.formats import FORMATS
from webapp.studies.models import Session, Study

FOR_SPREADSHEETS = "csv spreadsheet"
FILES = [(FOR_SPREADSHEETS, "CSV for spreadsheets"), ("csv", "CSV for programs")]
ANY = [("", "any")]
PICKER = forms.DateTimeInput({"type": "datetime-local"})


class ExportForm(forms.Form):
    """A kind of file, and filters; what is left open filters nothing."""

    file = forms.ChoiceField(choices=[*FILES, *((name, name) for name in FORMATS if name != "csv")])
    kind = forms.ChoiceField(choices=[*ANY, *Participant.Kind.choices], required=False, initial=Participant.Kind.LIVE)
    state = forms.ChoiceField(
        choices=[*ANY, *(choice for choice in Session.State.choices if choice[0] in CHOICES["state"])], required=False
    )
    condition = forms.ChoiceField(required=False)
    cohort = forms.ChoiceField(choices=[*ANY, *Session.Cohort.choices], required=False)
    passed_checks = forms.ChoiceField(choices=[*ANY, ("1", "passed"), ("0", "failed")], required=False, label="quality checks")
    model = forms.ChoiceField(required=False)
    unit = forms.ChoiceField(required=False)
    since = forms.DateTimeField(required=False, label="answered since, UTC", widget=PICKER)
    until = forms.DateTimeField(required=False, label="answered before, UTC", widget=PICKER)
    ids = forms.ChoiceField(choices=[("", "pseudonymous"), ("personal", "the recruiter's, too; this is noted")], required=False)

    def __init__(self, study: Study, data: Any, *, sees_ids: bool) -> None:
        super().__init__(data)
        units = study.units.order_by("address").values_list("address", "model")
        self._offer("condition", study.conditions.order_by("name").values_list("name", flat=True))
        self._offer("unit", [address for address, _ in units])
        self._offer("model", sorted({model for _, model in units}))
        if not sees_ids:
            del self.fields["ids"]

    def words(self) -> dict[str, list[str]]:
        """What was chosen in the words of the REST interface."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value and name != "file"}
        words = {name: [value.isoformat() if isinstance(value, datetime) else value] for name, value in chosen.items()}
        form, _, flavor = self.cleaned_data["file"].partition(" ")
        return {**words, "format": [form], **({"flavor": [flavor]} if flavor else {})}

    def _offer(self, name: str, values: Any) -> None:
        field: Any = self.fields[name]
        field.choices = [*ANY, *((value, value) for value in values)]
