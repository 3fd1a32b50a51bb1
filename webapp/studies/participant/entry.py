"""The pages through which participants enter: consent, agreeing, declining."""

import hashlib
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from webapp.api_errors import Conflict
from webapp.participants.consent import consent_in
from webapp.participants.models import ConsentText, Participant
from webapp.participants.recruiters.base import Entry, Outcome
from webapp.participants.selectors import participant_known
from webapp.participants.texts import direction, language_name, said, texts
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name
from webapp.studies.participant.links import PERSON, check_signed
from webapp.studies.participant.pages import SeeOther, message_page, page_words
from webapp.studies.participant.throttles import start_wait
from webapp.studies.participant.visits import OWN_WORDS, Visit, entry_forget, entry_keep, entry_kept, offered_language
from webapp.studies.selectors import session_by_token
from webapp.studies.services.entry import Arrival, study_enter
from webapp.studies.services.session import NotOpenError

COOKIE_SECONDS = 7 * 24 * 3600
VISITORS = TimestampSigner(salt="visitor")
VISIT_SECONDS = 24 * 3600
OBSERVER_LENGTH = 40
TOO_MANY = InputError(
    field="study",
    message="too many people begin from your network at this moment",
    remedy="Wait a minute, go back and agree again",
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, study_id: str) -> HttpResponse:
    """The consent page; agreeing starts the session, or goes on with it."""
    study = get_object_or_404(Study.objects.select_related("consent", "recruitment"), id=study_id)
    language = offered_language(request, study.languages)
    if request.method == "POST" and (seconds := start_wait(request)):
        response = message_page(request, study.title, said(TOO_MANY, language), status=429, language=language)
        response.headers["Retry-After"] = str(seconds)
        return response
    try:
        return _agree(request, study, language) if request.method == "POST" else _arrive(request, study, language)
    except InputError as error:
        status = 404 if isinstance(error, NotOpenError) else 400
        return message_page(request, study.title, said(error, language), status=status, language=language)
    except Conflict as conflict:
        ended = InputError(**{part: conflict.body[part] for part in ("field", "message", "remedy")})
        return message_page(request, study.title, said(ended, language), status=409, language=language)


@never_cache
@require_safe
def decline(request: HttpRequest, study_id: str) -> HttpResponse:
    """The end for somebody who does not agree; what their link said of them is forgotten."""
    study = get_object_or_404(Study.objects.select_related("recruitment"), id=study_id)
    language = offered_language(request, study.languages)
    try:
        visit = Visit.of(study, request.GET, request=request, language=language)
    except InputError as error:
        return message_page(request, study.title, said(error, language), status=400, language=language)
    words = texts(visit.language)
    paragraphs, link = [words["declined"]], None
    if visit.recruitment and not visit.is_direct:
        code = visit.recruitment.completion_codes.get(Outcome.NO_CONSENT)
        link = visit.recruiter.completion_url(code) if code and entry_kept(request, study, visit.recruiter) else None
        paragraphs += [] if link else [words["hand_in_declined"]]
    response = message_page(request, words["declined_title"], paragraphs, status=200, language=visit.language, link=link)
    entry_forget(response, study)
    return response


def preview_page(request: HttpRequest, study: Study, language: str) -> HttpResponse:
    """What somebody sees who only looks at the recruiter's offer; nothing is stored."""
    words = texts(language)
    paragraphs = [words["preview"], *([study.notice] if study.notice else []), words["accept_first"]]
    return message_page(request, study.title, paragraphs, status=200, language=language)


def visitor_id(signed: str) -> str:
    """The id of somebody whom no recruiter sent: the one that their consent page was made with, however often it is sent.

    Raises:
        InputError: The page is not ours, or a day old.
    """
    try:
        return VISITORS.unsign(signed, max_age=VISIT_SECONDS)
    except BadSignature as error:
        remedy = "Open the study through its link again"
        raise InputError(field="visitor", message="this page is out of date", remedy=remedy) from error


def _arrive(request: HttpRequest, study: Study, language: str) -> HttpResponse:
    visit = Visit.of(study, request.GET, request=request, language=language)
    if visit.handed:
        return _take_ids(request, study, visit)
    handed = entry_kept(request, study, visit.recruiter)
    external_id = visit.recruiter.parse_entry(handed).external_participant_id if handed else ""
    known = participant_known(external_id=external_id, recruiter=visit.source, kind=visit.kind) if external_id else None
    session = _session(request, study, visit)
    # In somebody else's browser the person whom the link brings begins anew.
    if session and (not external_id or (known and known.id == session.participant_id)):
        return redirect("participant:run", study_id=study.id)
    # Who has begun may finish, also from another browser.
    has_begun = known is not None and study.sessions.filter(participant=known).exists()
    if study.state != Study.State.OPEN and not has_begun:
        raise NotOpenError
    # Refuses who comes without what the recruiter's link says.
    visit.recruiter.parse_entry(handed)
    return _consent_page(request, study, visit)


def _take_ids(request: HttpRequest, study: Study, visit: Visit) -> HttpResponse:
    """Check what the recruiter's link says, and have the browser go on without it in the address."""
    if visit.recruiter.parse_entry(visit.handed).is_preview:
        return preview_page(request, study, visit.language)
    path = reverse("participant:entry", args=[study.id])
    location = f"{path}?{urlencode(visit.words)}" if visit.words else path
    response = SeeOther(location)
    entry_keep(response, request, study, visit.handed)
    return response


def _session(request: HttpRequest, study: Study, visit: Visit) -> Session | None:
    """This browser's session, if it is of the kind that the link speaks of."""
    session = session_by_token(study.id, request.COOKIES.get(cookie_name(study.id), ""))
    return session if session and (session.kind, session.cohort) == (visit.kind, visit.cohort) else None


def _consent_page(request: HttpRequest, study: Study, visit: Visit, *, why_again: str = "") -> HttpResponse:
    consent = consent_in(study.consent, [visit.language, *study.languages])
    context = {
        "why_again": why_again,
        "study_title": study.title,
        "consent": consent,
        "consent_direction": direction(consent.language),
        "notice": study.notice,
        "promises": list(_promises(study, visit.language)),
        "shown": consent_digest(consent, study, visit.language),
        "visitor": VISITORS.sign(uuid4().hex),
        "words": visit.words,
        "decline": f"{reverse('participant:decline', args=[study.id])}?{urlencode(visit.words)}",
        "languages": [
            {"name": language_name(code), "code": code, "query": urlencode({**visit.words, "language": code})}
            for code in study.languages
        ],
        **page_words(visit.language),
    }
    return render(request, "participants/consent.html", context, status=400 if why_again else 200)


def consent_digest(consent: ConsentText, study: Study, language: str) -> str:
    """A digest of text and promises: the form carries it, so that nobody agrees to what they were not shown."""
    return hashlib.sha256("\n".join((consent.sha256, *_promises(study, language))).encode()).hexdigest()


def _promises(study: Study, language: str) -> Iterator[str]:
    """Until when something is kept, where the study says so."""
    words = texts(language)
    answers = words["anonymous_after"] if study.erasure == Study.Erasure.ANONYMIZE else words["answers_until"]
    for said_until, until in ((words["ids_until"], study.personal_ids_until), (answers, study.answers_until)):
        if until:
            yield said_until.format(until.isoformat())


def _agree(request: HttpRequest, study: Study, language: str) -> HttpResponse:
    visit = Visit.of(study, _own_words(request), request=request, language=language)
    consent = consent_in(study.consent, [visit.language, *study.languages])
    shown = request.POST.get("consent", "")
    if shown != consent_digest(consent, study, visit.language):
        said_why = texts(visit.language)
        why = said_why["consent_changed"] if shown else said_why["consent_unsaid"]
        return _consent_page(request, study, visit, why_again=why)
    arrival = Arrival(
        entry=_entry(request, study, visit),
        kind=visit.kind,
        consent=consent,
        recruitment=visit.recruitment,
        secret=request.COOKIES.get(cookie_name(study.id), ""),
        cohort=visit.cohort,
        observer=_observer(request) if visit.kind == Participant.Kind.BOT else "",
        language=visit.language,
    )
    token = study_enter(study, arrival)
    response = HttpResponseRedirect(reverse("participant:run", args=[study.id]))
    _session_keep(response, request, study, token)
    entry_forget(response, study)
    return response


def _own_words(request: HttpRequest) -> QueryDict:
    """What of the form is what the link said."""
    words = QueryDict(mutable=True)
    for name in OWN_WORDS:
        if name in request.POST:
            words.setlist(name, request.POST.getlist(name))
    return words


def _session_keep(response: HttpResponse, request: HttpRequest, study: Study, token: str) -> None:
    """Give the browser the secret that opens its session, on the study's own pages alone."""
    response.set_cookie(
        cookie_name(study.id),
        token,
        max_age=COOKIE_SECONDS,
        path=reverse("participant:entry", args=[study.id]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def _observer(request: HttpRequest) -> str:
    """What answers, as whoever sends the bot calls it."""
    name = request.POST.get("observer", "")
    is_name = len(name) <= OBSERVER_LENGTH and name.isprintable()
    require(is_name, "observer", "it is no name", f"Give at most {OBSERVER_LENGTH} printable characters")
    return name


def _entry(request: HttpRequest, study: Study, visit: Visit) -> Entry:
    """Who agrees: by the recruiter's signed word alone, or, where nobody else sent them, as they call themselves."""
    sent = visit.recruiter.parse_entry(entry_kept(request, study, visit.recruiter))
    if not visit.is_direct:
        return sent
    if own := request.POST.get("participant") or sent.external_participant_id:
        if signed := visit.words.get(PERSON, ""):
            check_signed(study, PERSON, signed, external_id=own)
        return Entry(external_participant_id=own, is_proven=bool(signed))
    return Entry(external_participant_id=visitor_id(request.POST.get("visitor", "")), is_proven=True)
