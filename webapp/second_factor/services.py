"""Writes of the second factor: set it up, check a code, renew the recovery codes, take it off. Views and a command call them."""

import hmac

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from webapp.participants.audit import audit_write
from webapp.participants.models import AuditEntry
from webapp.second_factor.models import Phone
from webapp.second_factor.selectors import has_phone

RECOVERY_CODES = 10
HASH_LENGTH = 16
"""As many letters as the column takes: 64 bits."""


@transaction.atomic
def phone_propose(user: User) -> Phone:
    """A new secret for a phone that is to be set up; one that was shown before and never confirmed is void."""
    Phone.objects.filter(user=user, confirmed=False).delete()
    return Phone.objects.create(user=user, name="phone", confirmed=False)


@transaction.atomic
def phone_confirm(user: User, *, code: str) -> tuple[Phone, list[str]] | None:
    """The proposed phone and the recovery codes, if the phone made this code; from now on logging in takes one."""
    User.objects.select_for_update().get(pk=user.pk)
    phone = Phone.objects.select_for_update().filter(user=user, confirmed=False).first()
    if has_phone(user) or phone is None or not phone.verify_token(code):
        return None
    phone.confirmed = True
    phone.save(update_fields=["confirmed"])
    audit_write(AuditEntry.Action.FACTOR_SET_UP, actor=user)
    return phone, recovery_codes_renew(user)


@transaction.atomic
def recovery_codes_renew(user: User) -> list[str]:
    """Ten new codes, each good once; those before are void. Nobody can find them out later: the database has hashes alone."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_code_hash(user, code)) for code in codes)
    return codes


@transaction.atomic
def code_check(user: User, *, code: str) -> Device | None:
    """What made the code: the phone or the recovery codes. None, and a pause that doubles each time, if neither did."""
    typed = "".join(code.split()).lower()
    model, token = (Phone, typed) if typed.isdecimal() else (StaticDevice, _code_hash(user, typed))
    device = model.objects.select_for_update().filter(user=user, confirmed=True).first()
    return device if device is not None and device.verify_token(token) else None


@transaction.atomic
def second_factor_remove(user: User, *, by: User | None) -> bool:
    """Without phone and codes; whether there were any. `by`: nobody for the operator's command."""
    phones, _ = Phone.objects.filter(user=user).delete()
    codes, _ = StaticDevice.objects.filter(user=user).delete()
    audit_write(AuditEntry.Action.FACTOR_REMOVED, actor=by, account=user.pk)
    return bool(phones or codes)


def _code_hash(user: User, code: str) -> str:
    key = f"{settings.ID_KEY}:recovery codes of {user.pk}"
    return hmac.new(key.encode(), code.encode(), "sha256").hexdigest()[:HASH_LENGTH]
