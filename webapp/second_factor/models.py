"""A phone that makes codes. Its row and its rules are django-otp's; its secret is none without a key that no database has."""

import hmac
from binascii import unhexlify

from django.conf import settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from webapp.participants.data_map.others import OTHERS

SECRET_BYTES = 20


class Phone(TOTPDevice):
    """An app on somebody's phone: six digits every thirty seconds, each good once."""

    DATA = OTHERS["otp_totp.TOTPDevice"]

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        """The secret that the phone shares: of the row's key and ID_KEY, so that who steals the database makes no codes."""
        return hmac.digest(f"{settings.ID_KEY}:second factor".encode(), unhexlify(self.key), "sha256")[:SECRET_BYTES]
