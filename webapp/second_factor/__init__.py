"""The second factor of staff: a code of their phone beside the password, and ten codes on paper. Built on django-otp."""
