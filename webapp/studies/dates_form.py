"""The admin's form of a study: what can still be changed, until when something is kept, and what becomes of it then."""

from typing import Any

from django import forms
from django.utils import timezone

from experiments.contract.errors import InputError
from webapp.studies.models import Study
from webapp.studies.services.study import DATES, dates_check


class DatesForm(forms.ModelForm):
    """Refuses to keep something longer, or otherwise, than participants were promised."""

    class Meta:
        model = Study
        fields = ("title", "notice", "thanks", "contact", "erasure", *DATES)

    def clean(self) -> dict[str, Any]:
        """Check the dates and what erasing means."""
        values: dict[str, Any] = super().clean() or {}
        promised = Study.objects.filter(pk=self.instance.pk).first()
        keeps = "erasure" in self.changed_data and values.get("erasure") == Study.Erasure.ANONYMIZE
        if keeps and promised and promised.is_frozen:
            self.add_error("erasure", "People agreed to answers that are erased. Leave it, or make a new version of the study.")
        dates = {name: values[name] for name in DATES if name in values}
        try:
            dates_check(dates, today=timezone.now().date(), promised=promised)
        except InputError as error:
            self.add_error(error.field, f"{error.message}. {error.remedy}.")
        return values
