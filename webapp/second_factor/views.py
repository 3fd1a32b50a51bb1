"""The pages of the second factor: the second step of the login, and a page to set it up, renew its codes or take it off."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib import admin, messages
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp import login as otp_login
from django_otp.models import Device

from webapp.login_attempts import locked
from webapp.second_factor.forms import CodeForm, SetUpForm
from webapp.second_factor.models import Phone
from webapp.second_factor.selectors import Lack, codes_left, has_phone, lacking, secret_picture, secret_words
from webapp.second_factor.services import code_check, phone_confirm, phone_propose, recovery_codes_renew, second_factor_remove

PAGES = {Lack.CODE: "second-factor-code", Lack.PHONE: "second-factor"}
NO_CODE = "This is no code, or was used before. Wait for the next one; after a wrong one the pause doubles each time."


@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """The admin's login, which leads whoever has given the password to what is still lacking."""
    lack = lacking(request.by_password)  # type: ignore[attr-defined]  # SecondFactorMiddleware
    if lack is None or request.method == "POST":
        return admin.site.login(request)
    return HttpResponseRedirect(f"{reverse(PAGES[lack])}?{QueryDict.fromkeys(['next'], _next(request)).urlencode(safe='/')}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The login's second step."""
    user: Any = request.by_password  # type: ignore[attr-defined]  # SecondFactorMiddleware
    if lacking(user) is not Lack.CODE:
        return redirect(_next(request))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and not _may_try(request, user):
        return locked(request, None, None)
    if form.is_valid() and (device := _checked(request, user, form)):
        _let_in(request, user, device)
        if not isinstance(device, Phone):
            messages.warning(request, f"You have {codes_left(user)} recovery codes left.")
        return redirect(_next(request))
    context = {"title": "Second factor", "form": form, "next": _next(request)}
    return render(request, "second_factor/code.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set it up; or, with a code of it, renew the recovery codes or take it off."""
    user: Any = request.by_password  # type: ignore[attr-defined]  # SecondFactorMiddleware
    if not user.is_authenticated or not user.is_staff or lacking(user) is Lack.CODE:
        return redirect_to_login(request.get_full_path())
    return _keep(request, user) if has_phone(user) else _set_up(request, user)


def _set_up(request: HttpRequest, user: Any) -> HttpResponse:
    form = SetUpForm(request, request.POST or None)
    if form.is_valid():
        if confirmed := phone_confirm(user, code=form.cleaned_data["code"].replace(" ", "")):
            phone, codes = confirmed
            _let_in(request, user, phone)
            return _show_codes(request, codes)
        form.add_error("code", NO_CODE)
    # A secret is shown once, unless its owner is just mistyping.
    proposed = Phone.objects.filter(user=user, confirmed=False).first() if request.method == "POST" else None
    phone = proposed or phone_propose(user)
    context = {"form": form, "picture": secret_picture(phone), "secret": secret_words(phone)}
    return _page(request, "set_up", title="Set up a second factor", must=lacking(user) is Lack.PHONE, **context)


def _keep(request: HttpRequest, user: Any) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if request.method == "POST" and not _may_try(request, user):
        return locked(request, None, None)
    if form.is_valid() and {"renew", "remove"} & request.POST.keys() and _checked(request, user, form):
        if "renew" in request.POST:
            return _show_codes(request, recovery_codes_renew(user))
        second_factor_remove(user, by=user)
        messages.success(request, "The second factor is off.")
        return redirect("second-factor")
    return _page(request, "keep", title="Second factor", form=form, left=codes_left(user))


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _page(request, "codes", title="Your recovery codes", codes=codes)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"second_factor/{name}.html", {**admin.site.each_context(request), **context})


def _may_try(request: HttpRequest, user: Any) -> bool:
    return bool(AxesProxyHandler.is_allowed(request, {"username": user.get_username()}))


def _checked(request: HttpRequest, user: Any, form: CodeForm) -> Device | None:
    """What made the form's code; a wrong one is told, and counted as a wrong password is."""
    device = code_check(user, code=form.cleaned_data["code"])
    if device is None:
        user_login_failed.send(sender=__name__, request=request, credentials={"username": user.get_username()})
        form.add_error("code", NO_CODE)
    return device


def _let_in(request: HttpRequest, user: Any, device: Device) -> None:
    request.session.cycle_key()
    request.user = user
    otp_login(request, device)


def _next(request: HttpRequest) -> str:
    """Where somebody was going, if that is here."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_here = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if is_here else reverse("admin:index")
