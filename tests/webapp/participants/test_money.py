"""Amounts as recruiters and as people read them."""

import pytest

from webapp.participants.money import decimal_amount, money

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("amount", "text"), [(1, "0.01"), (10, "0.10"), (100, "1.00"), (105, "1.05"), (123456, "1234.56")])
def test_amount_is_exact(amount: int, text: str):
    assert decimal_amount(amount) == text


@pytest.mark.parametrize(("amount", "words"), [(0, "0.00 USD"), (5, "0.05 USD"), (195, "1.95 USD"), (1_000_000, "10,000.00 USD")])
def test_money_is_written_in_major_units(amount: int, words: str):
    assert money(amount, "USD") == words
