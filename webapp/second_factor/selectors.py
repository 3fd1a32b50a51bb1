"""Reads of the second factor: what somebody who gave their password still has to show, and what they have."""

from base64 import b32encode
from enum import StrEnum
from typing import Any

import segno
from django.conf import settings
from django_otp.plugins.otp_static.models import StaticToken

from webapp.second_factor.models import Phone


class Lack(StrEnum):
    """What is missing before somebody with the right password is let in."""

    CODE = "a code"
    PHONE = "a phone that makes codes"


def lacking(user: Any) -> Lack | None:
    """What the user of a session, as django-otp's middleware gives it, still has to show or to set up."""
    if not user.is_authenticated or user.is_verified():
        return None
    if has_phone(user):
        return Lack.CODE
    return Lack.PHONE if settings.STAFF_SECOND_FACTOR == "required" and user.is_staff else None


def has_phone(user: Any) -> bool:
    """Whether the second factor is set up."""
    return Phone.objects.filter(user=user, confirmed=True).exists()


def codes_left(user: Any) -> int:
    """How many recovery codes are not used yet."""
    return StaticToken.objects.filter(device__user=user).count()


def secret_words(phone: Phone) -> str:
    """The secret as people type it into an app, in groups of four."""
    letters = b32encode(phone.bin_key).decode()
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def secret_picture(phone: Phone) -> str:
    """The secret as a QR code: the address of an SVG that needs no style and no script."""
    return segno.make(phone.config_url, micro=False).svg_data_uri(scale=5, light="#fff")
