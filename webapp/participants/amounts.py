"""The field of forms in which people write money: in major units, while the tables have minor ones."""

from decimal import Decimal
from typing import Any

from django import forms

from webapp.participants.money import MINOR_UNITS, decimal_amount


class MoneyField(forms.DecimalField):
    """Written in major units, 3 or 2.79; the form's value, before and after, is in minor ones."""

    def __init__(self, **about: Any) -> None:
        super().__init__(max_digits=7, decimal_places=2, **about)

    def prepare_value(self, value: Any) -> Any:
        """What the form shows; what was typed stays as it is."""
        return decimal_amount(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Minor units."""
        cleaned: Decimal | None = super().clean(value)
        return None if cleaned is None else int(cleaned * MINOR_UNITS)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare like with like."""
        return bool(super().has_changed(self.prepare_value(initial), data))
