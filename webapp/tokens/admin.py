"""The admin's page of tokens: make one of one's own and see it once, see when each was used last, revoke."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from knox.crypto import hash_token

from webapp.tokens.models import ApiToken, Scope
from webapp.tokens.services import MAX_DAYS, token_create


class TokenForm(forms.ModelForm):
    """A token to make."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=90, help_text="Until it expires")

    class Meta:
        model = ApiToken
        fields = ("name", "scopes")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens: one's own; superusers see everybody's. Deleting one revokes it."""

    list_display = ("name", "user", "allowed", "created", "expiry", "last_used_at")
    list_select_related = ("user",)
    ordering = ("-created",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Who may see which."""
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def get_form(self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form makes tokens; what is made is only shown."""
        return super().get_form(request, obj, change, **kwargs) if obj else TokenForm

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Those of the form, or of what is shown."""
        return self.fields if obj else ("name", "scopes", "days")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make it, for whoever asks."""
        token = token_create(request.user, days=form.cleaned_data["days"], name=obj.name, scopes=obj.scopes)  # type: ignore[arg-type]
        obj.digest, obj.user = hash_token(token), request.user
        request.made_token = token  # type: ignore[attr-defined]  # `response_add` shows it

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The token, this once."""
        context = {**admin.site.each_context(request), "title": "Your token", "token": request.made_token, "made": obj}  # type: ignore[attr-defined]
        response = TemplateResponse(request, "tokens/made.html", context)
        add_never_cache_headers(response)
        return response

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A token stays as it was made."""
        return False

    @admin.display(description="scopes")
    def allowed(self, token: ApiToken) -> str:
        """What it may be used for."""
        return ", ".join(token.scopes)
