"""The page that Mechanical Turk shows in its frame: it opens the study in a window of its own, and hands the work in.

It is the only page that others may frame, and has the only cookie that works in a frame of theirs.
"""

from urllib.parse import urlencode

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from experiments.contract.errors import InputError
from webapp.participants.models import Participant, Recruitment, Submission
from webapp.participants.selectors import participant_known
from webapp.participants.texts import said
from webapp.studies.models import Session, Study
from webapp.studies.participant.entry import preview_page
from webapp.studies.participant.pages import SeeOther, message_page, page_words
from webapp.studies.participant.visits import Visit, entry_cookie, entry_keep, entry_kept, offered_language

FRAMING = ["https://*.mturk.com", "https://*.mturkcontent.com"]


@never_cache
@xframe_options_exempt
@csp_replace(  # type: ignore[arg-type]  # django-csp's types know no view with arguments
    {"frame-ancestors": FRAMING, "form-action": ["https://*.mturk.com"]}
)
@require_safe
def frame(request: HttpRequest, study_id: str) -> HttpResponse:
    """A preview, the way into the study, or the form that hands in; as far as the worker is."""
    study = get_object_or_404(Study.objects.select_related("recruitment"), id=study_id)
    if study.recruitment is None or study.recruitment.recruiter != Recruitment.Recruiter.MTURK:
        raise Http404
    language = offered_language(request, study.languages)
    try:
        visit = Visit.of(study, request.GET, request=request, language=language)
        if visit.handed:
            return _take_ids(request, study, visit)
        return _page(request, study, visit)
    except InputError as error:
        return message_page(request, study.title, said(error, language), status=400, language=language)


def _take_ids(request: HttpRequest, study: Study, visit: Visit) -> HttpResponse:
    if visit.recruiter.parse_entry(visit.handed).is_preview:
        return preview_page(request, study, visit.language)
    path = reverse("participant:frame", args=[study.id])
    location = f"{path}?{urlencode(visit.words)}" if visit.words else path
    response = SeeOther(location)
    entry_keep(response, request, study, visit.handed, page="frame")
    if request.is_secure():
        # Over TLS browsers take it in somebody else's frame. Python 3.11's cookies do not know the last attribute.
        cookie = response.cookies.pop(entry_cookie(study, page="frame"))
        cookie["samesite"] = "None"
        response.headers["Set-Cookie"] = f"{cookie.OutputString()}; Partitioned"
    return response


def _page(request: HttpRequest, study: Study, visit: Visit) -> HttpResponse:
    handed = entry_kept(request, study, visit.recruiter, page="frame")
    entry = visit.recruiter.parse_entry(handed)
    participant = participant_known(external_id=entry.external_participant_id, recruiter=visit.source, kind=Participant.Kind.LIVE)
    # A worker's id is no secret: who types it has another assignment, or none.
    own = Submission.objects.filter(recruitment=study.recruitment, participant=participant, external_id=entry.submission_id)
    session = Session.objects.filter(study=study, participant=participant).first() if own.exists() else None
    context = {
        "study_title": study.title,
        "entry": entry,
        "code": session.completion_code if session else "",
        "has_begun": session is not None,
        "link": f"{reverse('participant:entry', args=[study.id])}?{urlencode({**visit.words, **handed})}",
        **page_words(visit.language),
    }
    return render(request, "participants/frame.html", context)
