"""Amounts in minor units, of which every currency that recruiters pay in has a hundred to one, in major units."""

from decimal import Decimal

MINOR_UNITS = 100


def decimal_amount(amount: int) -> str:
    """As recruiters want it, exact: 105 is `1.05`."""
    return f"{amount // MINOR_UNITS}.{amount % MINOR_UNITS:02d}"


def money(amount: int, currency: str) -> str:
    """As people read it, with its currency."""
    return f"{Decimal(decimal_amount(amount)):,} {currency}"
