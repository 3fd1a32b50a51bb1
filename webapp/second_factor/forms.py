"""The forms of the second factor."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest


class CodeForm(forms.Form):
    """A code of the phone, or a recovery code."""

    code = forms.CharField(
        max_length=20,
        label="Code",
        help_text="Six digits from your phone, or one of your recovery codes. Each works once.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


class SetUpForm(forms.Form):
    """The first code of a phone, from somebody who knows the password: a browser that was left open is not enough."""

    code = forms.CharField(
        max_length=7,
        label="Code",
        help_text="The six digits that your phone shows now",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    password = forms.CharField(
        strip=False, label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request

    def clean_password(self) -> None:
        """Wrong ones are counted, as those of the login are."""
        name = self.request.by_password.get_username()  # type: ignore[attr-defined]  # SecondFactorMiddleware
        if authenticate(self.request, username=name, password=self.cleaned_data["password"]) is None:
            raise forms.ValidationError("This is not your password.")
