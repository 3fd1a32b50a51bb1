"""Reads a participant's link: who sends them, as what they come, in which language. Nothing is stored by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation.trans_real import parse_accept_lang_header

from experiments.contract.fields import require
from webapp.addresses import is_this_machine
from webapp.participants.models import Participant, Recruitment
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import Recruiter
from webapp.participants.texts import DEFAULT
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name
from webapp.studies.participant.links import BOT, COHORT, FORGED, PERSON, PILOT, REMEDY, check_signed

KINDS = {"": Participant.Kind.LIVE, "preview": Participant.Kind.PREVIEW, "bot": Participant.Kind.BOT}
"""How visitors may call themselves; nobody is counted as a person who says otherwise. Others need a signed link."""
OWN_WORDS = ("kind", COHORT, PILOT, BOT, PERSON, "language")
TRACKERS = ("utm_", "fbclid", "gclid")
"""What web sites add to links by themselves; it is dropped."""
KEPT_SECONDS = {"entry": 2 * 3600, "frame": 24 * 3600}
"""How long a page knows what the recruiter's link said; the frame waits until the work is done."""
NO_BOT = "this link is for simulated participants on the server's own machine"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a link says."""

    kind: Participant.Kind
    cohort: Session.Cohort
    language: str
    recruiter: Recruiter
    """Who can have sent them: previews, pilots, bots and experts come by a direct link to any study."""
    recruitment: Recruitment | None
    """By which they count and are paid."""
    words: Mapping[str, str]
    """What of the link is ours, to be carried on."""
    handed: Mapping[str, str]
    """What of the link is the recruiter's: ids of persons among it."""

    @classmethod
    def of(cls, study: Study, words: QueryDict, *, request: HttpRequest, language: str) -> Self:
        """Read the words of a link.

        Raises:
            InputError: One is unknown, doubled, forged or malformed.
        """
        kept = {name: values for name, values in words.lists() if not name.startswith(TRACKERS)}
        require(all(len(values) == 1 for values in kept.values()), "link", "the link says something twice", REMEDY)
        said = {name: values[0] for name, values in kept.items()}
        kind, cohort = _calling(study, said, request=request)
        is_sent = kind == Participant.Kind.LIVE and cohort == Session.Cohort.CROWD
        recruitment = study.recruitment if is_sent else None
        recruiter = recruiter_of(recruitment)
        known = {*OWN_WORDS, *recruiter.parameters}
        require(set(said) <= known, "link", "the link says something that this study does not know", REMEDY)
        if said.get("language"):
            language = said["language"]
            require(language in study.languages, "language", "the study is not offered in this language", REMEDY)
        return cls(
            kind=kind,
            cohort=cohort,
            language=language,
            recruiter=recruiter,
            recruitment=recruitment,
            words={name: said[name] for name in OWN_WORDS if said.get(name)},
            handed={name: said[name] for name in sorted(recruiter.parameters & set(said))},
        )

    @property
    def source(self) -> str:
        """The recruiter's name in the database."""
        return self.recruitment.recruiter if self.recruitment else Recruitment.Recruiter.DIRECT

    @property
    def is_direct(self) -> bool:
        """Whether nobody but a link sent them."""
        return self.source == Recruitment.Recruiter.DIRECT


def _calling(study: Study, said: Mapping[str, str], *, request: HttpRequest) -> tuple[Participant.Kind, Session.Cohort]:
    if said.get(PILOT):
        check_signed(study, PILOT, said[PILOT])
        return Participant.Kind.PILOT, Session.Cohort.CROWD
    if said.get(COHORT):
        check_signed(study, COHORT, said[COHORT])
        return Participant.Kind.LIVE, Session.Cohort.EXPERT
    if said.get(BOT):
        check_signed(study, BOT, said[BOT])
        return Participant.Kind.BOT, Session.Cohort.CROWD
    called = said.get("kind", "")
    require(called != PILOT, "link", FORGED, REMEDY)
    may_be_bot = called != BOT or is_this_machine(request)
    require(may_be_bot, "link", NO_BOT, "Take the link for bots that is shown with the study")
    require(called in KINDS, "kind", "the link says something that this study does not know", REMEDY)
    return KINDS[called], Session.Cohort.CROWD


def offered_language(request: HttpRequest, offered: Sequence[str]) -> str:
    """The first offered language that the browser asks for, else the first offered; English where none is."""
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        for language in (code, code.partition("-")[0]):
            if language in offered:
                return language
    return next(iter(offered), DEFAULT)


def entry_keep(
    response: HttpResponse, request: HttpRequest, study: Study, handed: Mapping[str, str], *, page: str = "entry"
) -> None:
    """Keep what a recruiter's link to a page said in a signed cookie of that page, so that it need not stand in the address."""
    name = entry_cookie(study, page=page)
    response.set_cookie(
        name,
        signing.dumps(dict(handed), salt=name),
        max_age=KEPT_SECONDS[page],
        path=reverse(f"participant:{page}", args=[study.id]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def entry_kept(request: HttpRequest, study: Study, recruiter: Recruiter, *, page: str = "entry") -> dict[str, str]:
    """What `entry_keep` kept, if it is something that the study's recruiter says."""
    name = entry_cookie(study, page=page)
    try:
        handed = signing.loads(request.COOKIES.get(name, ""), salt=name, max_age=KEPT_SECONDS[page])
    except signing.BadSignature:
        return {}
    return handed if set(handed) <= recruiter.parameters else {}


def entry_forget(response: HttpResponse, study: Study) -> None:
    """Delete the cookie of `entry_keep`."""
    response.delete_cookie(entry_cookie(study), path=reverse("participant:entry", args=[study.id]))


def entry_cookie(study: Study, *, page: str = "entry") -> str:
    """Its name; each study and page has its own."""
    return f"{cookie_name(study.id)}_{page}"
