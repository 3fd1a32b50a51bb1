"""Takes django-otp's own pages out of the admin: they show and edit secrets. What is here is set up by its owner alone."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister((StaticDevice, TOTPDevice))
