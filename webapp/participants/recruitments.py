"""Writes of recruitments: where the participants of a study come from, checked before anybody is sent."""

import re
from collections.abc import Mapping
from typing import Any

from experiments.contract.fields import require
from webapp.participants.ledger import MAX_AMOUNT
from webapp.participants.models import Recruitment
from webapp.participants.money import decimal_amount
from webapp.participants.recruiters.base import Outcome
from webapp.participants.recruiters.prolific import PROLIFIC_ID
from webapp.participants.services import EXTERNAL_ID

CURRENCIES: dict[str, tuple[str, ...]] = {
    Recruitment.Recruiter.PROLIFIC: ("GBP", "USD"),
    Recruitment.Recruiter.MTURK: ("USD",),
}
"""What each recruiter pays in; both count a hundred minor units."""

LASTING = ("recruiter", "external_study_id", "currency")
"""What stays once somebody came through a recruitment: the ledger's currency, and where the ids of submissions are known."""


def recruitment_check(
    *, recruiter: str, external_study_id: str, reward: int, currency: str, completion_codes: Mapping[str, Any]
) -> None:
    """Refuse a recruitment that cannot work.

    Raises:
        InputError: The study's id, the currency or a completion code is not one that the recruiter takes.
    """
    known = ", ".join(Recruitment.Recruiter.values)
    require(recruiter in Recruitment.Recruiter.values, "recruiter", f"{recruiter!r} is unknown", f"Choose among {known}")
    if recruiter == Recruitment.Recruiter.PROLIFIC:
        fits = PROLIFIC_ID.fullmatch(external_study_id) is not None
        remedy = "Copy the study's id, 24 digits and letters a to f, from its address on app.prolific.com"
        require(fits, "external_study_id", f"{external_study_id!r} is no study of Prolific", remedy)
    remedy = f"Give 0 to {decimal_amount(MAX_AMOUNT)}"
    require(0 <= reward <= MAX_AMOUNT, "reward", f"{decimal_amount(reward)} cannot be paid", remedy)
    require(re.fullmatch("[A-Z]{3}", currency) is not None, "currency", f"{currency!r} is no currency", "Write it as USD or GBP")
    currencies = CURRENCIES.get(recruiter, (currency,))
    remedy = f"Choose {' or '.join(currencies)}"
    require(currency in currencies, "currency", f"{currency} cannot be paid through this recruiter", remedy)
    is_table = isinstance(completion_codes, Mapping)
    require(is_table, "completion_codes", "they are no table", 'Write them as {"completed": "C1ABCDEF"}')
    for outcome, code in completion_codes.items():
        require(outcome in list(Outcome), "completion_codes", f"{outcome!r} is no outcome", f"Choose among {', '.join(Outcome)}")
        is_code = isinstance(code, str) and EXTERNAL_ID.fullmatch(code) is not None
        require(is_code, "completion_codes", f"{code!r} is no code", "Copy the code from the recruiter's page")


def recruitment_is_in_use(recruitment: Recruitment) -> bool:
    """Whether somebody came or is paid through it. Submissions go with the recruiter's ids, payments stay."""
    return recruitment.submissions.exists() or recruitment.payments.exists()


def recruitment_create(
    *,
    recruiter: str,
    external_study_id: str = "",
    reward: int = 0,
    currency: str = "USD",
    completion_codes: Mapping[str, str] | None = None,
) -> Recruitment:
    """A new source of participants; see `recruitment_check`."""
    codes = dict(completion_codes or {})
    recruitment_check(
        recruiter=recruiter, external_study_id=external_study_id, reward=reward, currency=currency, completion_codes=codes
    )
    return Recruitment.objects.create(
        recruiter=recruiter, external_study_id=external_study_id, reward=reward, currency=currency, completion_codes=codes
    )


def recruitment_change(
    recruitment: Recruitment,
    *,
    recruiter: str,
    external_study_id: str,
    reward: int,
    currency: str,
    completion_codes: Mapping[str, str],
) -> Recruitment:
    """Change a source of participants; see `recruitment_check`.

    Raises:
        InputError: Somebody came or is paid through it, and would be known there no more.
    """
    values: dict[str, Any] = {"recruiter": recruiter, "external_study_id": external_study_id, "currency": currency}
    values |= {"reward": reward, "completion_codes": dict(completion_codes)}
    recruitment_check(**values)
    is_in_use = recruitment_is_in_use(recruitment)
    for name in LASTING:
        told = f"people came through this recruitment with {getattr(recruitment, name) or 'none'}"
        require(
            not is_in_use or values[name] == getattr(recruitment, name),
            name,
            told,
            "Leave it, or make a new version of the study",
        )
    for name, value in values.items():
        setattr(recruitment, name, value)
    recruitment.save()
    return recruitment
