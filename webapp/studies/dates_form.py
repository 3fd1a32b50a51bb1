"""The admin's form of a study: what can still be changed, and until when something is kept."""

from typing import Any

from django import forms
from django.utils import timezone

from experiments.contract.errors import InputError
from webapp.studies.models import Study
from webapp.studies.services.study import DATES, dates_check


class DatesForm(forms.ModelForm):
    """Refuses to keep something longer than participants were promised."""

    class Meta:
        model = Study
        fields = ("title", "notice", "thanks", "contact", "erasure", *DATES)

    def clean(self) -> dict[str, Any]:
        """Check the dates."""
        values: dict[str, Any] = super().clean() or {}
        promised = Study.objects.filter(pk=self.instance.pk).first()
        dates = {name: values[name] for name in DATES if name in values}
        try:
            dates_check(dates, today=timezone.now().date(), promised=promised)
        except InputError as error:
            self.add_error(error.field, f"{error.message}. {error.remedy}.")
        return values
