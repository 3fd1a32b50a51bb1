"""Money: kept in minor units, of which every currency that recruiters pay in has a hundred; written and read in major ones."""

from decimal import Decimal
from typing import Any

from django import forms

MINOR_UNITS = 100


def decimal_amount(amount: int) -> str:
    """Minor units as recruiters want them, exact: 105 is `1.05`."""
    return f"{amount // MINOR_UNITS}.{amount % MINOR_UNITS:02d}"


def money(amount: int, currency: str) -> str:
    """As people read it."""
    return f"{decimal_amount(amount)} {currency}"


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
