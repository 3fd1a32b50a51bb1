"""What the server says to participants, in English and German; other languages get English around their own consent text.

Errors are raised in English, far from any page; `said` finds their German.
"""

from typing import TypedDict

from django.utils.translation import get_language_info

from experiments.contract.errors import InputError

DEFAULT = "en"


class Texts(TypedDict):
    """The words of the participant's pages."""

    agree: str
    decline: str
    or_close: str
    ids_until: str
    answers_until: str
    anonymous_after: str
    consent_version: str
    consent_changed: str
    consent_unsaid: str
    other_language: str
    choose_language: str
    sorry: str
    declined_title: str
    declined: str
    hand_in_declined: str
    hand_in_link: str
    preview: str
    accept_first: str
    open_study: str
    stay_open: str
    is_finished: str
    not_finished: str
    hand_in: str
    your_code: str
    no_page_title: str
    no_page: str
    check_link: str
    unavailable_title: str
    unavailable: str
    script_off_title: str
    script_off: str


ENGLISH: Texts = {
    "agree": "I agree and want to take part",
    "decline": "I do not agree",
    "or_close": "If you do not agree, nothing is stored. You may also simply close this window.",
    "ids_until": "For this study we keep the id by which we would know you again, and what a recruiter told us of you, until {}.",
    "answers_until": "We keep your answers until {}; then they are erased.",
    "anonymous_after": "After {} nothing leads from your answers to you any more.",
    "consent_version": "Consent text, version",
    "consent_changed": "What you agree to has changed since you opened this page. Please read it again.",
    "consent_unsaid": "Your browser did not say which text it showed you. Please read it here and agree again.",
    "other_language": "This text is not available in the language that you chose.",
    "choose_language": "Language",
    "sorry": "Sorry",
    "declined_title": "Thank you for your time",
    "declined": "You do not take part, and nothing about you has been stored.",
    "hand_in_declined": "Please return the study where you found it, so that somebody else can take part.",
    "hand_in_link": "Report that I did not agree",
    "preview": "In this study you look at images and say which of them fit together. You need a computer with a large screen.",
    "accept_first": "Accept the task to begin.",
    "open_study": "Open the study in a window of its own",
    "stay_open": "Keep this page open: here you hand in your work at the end.",
    "is_finished": "I have finished the study",
    "not_finished": "If you have finished already, your last answers are still on their way. Wait a moment and press again.",
    "hand_in": "Hand in",
    "your_code": "You have finished. Thank you! Your code is",
    "no_page_title": "Not found",
    "no_page": "There is no such page.",
    "check_link": "Check the link that you were given.",
    "unavailable_title": "One moment, please",
    "unavailable": "Nothing can be stored at the moment. Please load this page again in a minute.",
    "script_off_title": "JavaScript is switched off",
    "script_off": "This study needs JavaScript. Please switch it on and load this page again.",
}
GERMAN: Texts = {
    "agree": "Ich stimme zu und möchte teilnehmen",
    "decline": "Ich stimme nicht zu",
    "or_close": "Wenn Sie nicht zustimmen, wird nichts gespeichert. Sie können auch einfach dieses Fenster schließen.",
    "ids_until": "Für diese Studie bewahren wir die Kennung, an der wir Sie wiedererkennen würden, und was ein Vermittler uns "
    "über Sie gesagt hat, bis {} auf.",
    "answers_until": "Ihre Antworten bewahren wir bis {} auf; dann werden sie gelöscht.",
    "anonymous_after": "Nach dem {} führt nichts mehr von Ihren Antworten zu Ihnen.",
    "consent_version": "Einwilligungstext, Fassung",
    "consent_changed": "Wozu Sie zustimmen, hat sich geändert, seit Sie diese Seite geöffnet haben. Bitte lesen Sie es neu.",
    "consent_unsaid": "Ihr Browser sagt nicht, welchen Text er Ihnen gezeigt hat. Bitte lesen Sie ihn hier und stimmen Sie zu.",
    "other_language": "Diesen Text gibt es nicht in der Sprache, die Sie gewählt haben.",
    "choose_language": "Sprache",
    "sorry": "Das geht leider nicht",
    "declined_title": "Danke für Ihre Zeit",
    "declined": "Sie nehmen nicht teil, und es wurde nichts über Sie gespeichert.",
    "hand_in_declined": "Bitte geben Sie die Studie dort zurück, wo Sie sie gefunden haben, damit jemand anderes mitmachen kann.",
    "hand_in_link": "Melden, dass ich nicht zugestimmt habe",
    "preview": "In dieser Studie sehen Sie Bilder und sagen, welche zusammenpassen. Sie brauchen einen großen Bildschirm.",
    "accept_first": "Nehmen Sie die Aufgabe an, um zu beginnen.",
    "open_study": "Die Studie in einem eigenen Fenster öffnen",
    "stay_open": "Lassen Sie diese Seite offen: Hier reichen Sie am Ende Ihre Arbeit ein.",
    "is_finished": "Ich bin mit der Studie fertig",
    "not_finished": "Wenn Sie schon fertig sind: Ihre letzten Antworten sind noch unterwegs. Drücken Sie gleich noch einmal.",
    "hand_in": "Einreichen",
    "your_code": "Sie sind fertig. Vielen Dank! Ihr Code lautet",
    "no_page_title": "Nicht gefunden",
    "no_page": "Diese Seite gibt es nicht.",
    "check_link": "Prüfen Sie den Link, den Sie bekommen haben.",
    "unavailable_title": "Einen Moment, bitte",
    "unavailable": "Im Augenblick kann nichts gespeichert werden. Bitte laden Sie diese Seite in einer Minute neu.",
    "script_off_title": "JavaScript ist ausgeschaltet",
    "script_off": "Diese Studie braucht JavaScript. Bitte schalten Sie es ein und laden Sie diese Seite neu.",
}
TEXTS: dict[str, Texts] = {"en": ENGLISH, "de": GERMAN}

_PROLIFIC = "Öffnen Sie die Studie noch einmal von Prolific aus"
_MTURK = "Öffnen Sie die Studie noch einmal von Mechanical Turk aus"
_LINK = "Öffnen Sie die Studie über den Link, den Sie bekommen haben"
GERMAN_ERRORS = {
    "this study is not open": "diese Studie ist nicht offen",
    "Come back later, or ask the researcher": "Kommen Sie später wieder, oder fragen Sie die Person, die Sie eingeladen hat",
    "too many people begin from your network at this moment": "aus Ihrem Netz beginnen gerade zu viele Menschen",
    "Wait a minute, go back and agree again": "Warten Sie eine Minute, gehen Sie zurück und stimmen Sie noch einmal zu",
    "it is no name": "das ist kein Name",
    "you have already taken part": "Sie haben schon teilgenommen",
    "Thank you; nothing is left to do": "Vielen Dank; es ist nichts mehr zu tun",
    "somebody has begun with this id in another browser": "mit dieser Kennung hat jemand in einem anderen Browser begonnen",
    "Go on in the browser in which you began, or ask the researcher": "Machen Sie in dem Browser weiter, in dem Sie begonnen "
    "haben, oder fragen Sie die Person, die Sie eingeladen hat",
    "this study has no free place at the moment": "in dieser Studie ist zurzeit kein Platz frei",
    "Come back later": "Kommen Sie später wieder",
    "this study has all the participants that it needs": "diese Studie hat alle Teilnehmenden, die sie braucht",
    "Thank you for your interest; nothing is left to do": "Vielen Dank für Ihr Interesse; es ist nichts mehr zu tun",
    "this page is out of date": "diese Seite ist veraltet",
    "your browser keeps no cookies for this page": "Ihr Browser behält für diese Seite keine Cookies",
    "Allow them and open the link again": "Erlauben Sie Cookies, und öffnen Sie den Link noch einmal",
    "Open the link again": "Öffnen Sie den Link noch einmal",
    "Open the study through its link again": "Öffnen Sie die Studie noch einmal über ihren Link",
    "the participant id is not made of 1 to 64 letters and digits": "die Kennung ist nicht aus 1 bis 64 Buchstaben und Ziffern",
    "Open the study through the link that you were given": _LINK,
    "the link lacks what Prolific adds to it": "dem Link fehlt, was Prolific ihm hinzufügt",
    "the link carries an id that Prolific does not give": "der Link trägt eine Kennung, die Prolific nicht vergibt",
    "the link belongs to another study on Prolific": "der Link gehört zu einer anderen Studie auf Prolific",
    "Open the study from Prolific again": _PROLIFIC,
    "the link lacks what Mechanical Turk adds to it": "dem Link fehlt, was Mechanical Turk ihm hinzufügt",
    "the link carries an id that Mechanical Turk does not give": "der Link trägt eine Kennung, die Mechanical Turk nicht vergibt",
    "the link belongs to another task on Mechanical Turk": "der Link gehört zu einer anderen Aufgabe auf Mechanical Turk",
    "the link names an address that is not Mechanical Turk's": "der Link nennt eine Adresse, die nicht zu Mechanical Turk gehört",
    "Open the study from Mechanical Turk again": _MTURK,
    "the link says something that this study does not know": "der Link sagt etwas, das diese Studie nicht kennt",
    "the link says something twice": "der Link sagt etwas doppelt",
    "the link is forged, or another study's": "der Link ist gefälscht oder gehört zu einer anderen Studie",
    "this link is for simulated participants on the server's own machine": "dieser Link ist für simulierte Teilnehmende auf dem "
    "Server selbst",
    "Take the link for bots that is shown with the study": "Nehmen Sie den Link für Bots, der bei der Studie steht",
    "the study is not offered in this language": "die Studie gibt es nicht in dieser Sprache",
}
"""Messages and remedies of the errors that a participant can meet."""


def texts(language: str) -> Texts:
    """The words in a language, English where we do not have it."""
    return TEXTS.get(language, ENGLISH)


def words_language(language: str) -> str:
    """The language in which `texts` speaks."""
    return language if language in TEXTS else DEFAULT


def said(error: InputError, language: str) -> list[str]:
    """An error as paragraphs for a participant."""
    known = GERMAN_ERRORS if language == "de" else {}
    message, remedy = (known.get(part, part) for part in (error.message, error.remedy))
    return [f"{texts(language)['sorry']}: {message}.", f"{remedy}."]


def direction(language: str) -> str:
    """In which direction a language is written, for HTML's `dir`."""
    try:
        return "rtl" if get_language_info(language)["bidi"] else "ltr"
    except KeyError:
        return "ltr"


def language_name(language: str) -> str:
    """What a language calls itself."""
    try:
        return str(get_language_info(language)["name_local"])
    except KeyError:
        return language
