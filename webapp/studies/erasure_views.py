"""The public page on which a person erases their answers with the code from the thank-you page: look, confirm, gone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webapp.studies.erasure import erasure_preview, sessions_erase, sessions_of_code


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask for the code; say what it erases; on the second press, erase it."""
    if request.method != "POST":
        return render(request, "participants/erase.html")
    code = request.POST.get("code", "")
    sessions = sessions_of_code(code)
    found = list(sessions)
    if not found:
        return render(request, "participants/erase.html", {"is_unknown": True}, status=404)
    if "confirm" in request.POST:
        return render(request, "participants/erase.html", {"erased": sessions_erase(sessions)})
    return render(request, "participants/erase.html", {"preview": erasure_preview(found), "code": code})
