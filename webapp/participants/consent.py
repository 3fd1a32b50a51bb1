"""The consent text that studies start with, in two languages; a laboratory writes its own version in the admin."""

from collections.abc import Sequence

from webapp.participants.models import ConsentText

VERSION = "2026-12.2"
EARLIER = ("2026-11", "2026-12")
"""Versions of ours that name less of what is recorded. Studies that have them keep them; new ones do not begin with them."""
IMPORTED = "imported"
"""The version of the text in the place of the one that people agreed to where an imported study was run."""
TITLE = "Taking part in this study"
BODY = """\
You are invited to look at images and to say which of them fit together. This takes about ten minutes and is part of \
academic research on how artificial neural networks see.

We record your choices, how sure you say you are, how long you take, how often you leave this page or load it again, \
the time between the frames that your screen shows and how many of them it dropped, the size of your browser window and \
whether you use mouse, keyboard, pen or touch. We do not record your name or your internet address. If somebody sent you \
here with an id, we keep a scrambled form of it, so that nobody takes part twice. If a paid service sent you, we also \
keep the id itself, apart from your answers, so that you can be paid; it is never published.

Taking part is voluntary. You can stop at any time by closing this window; nothing happens to you if you do.

If you are color-blind or have seriously impaired vision that glasses do not correct, please do not take part."""
GERMAN_TITLE = "Teilnahme an dieser Studie"
GERMAN_BODY = """\
Wir laden Sie ein, Bilder anzusehen und zu sagen, welche davon zusammenpassen. Das dauert etwa zehn Minuten und gehört \
zu wissenschaftlicher Forschung darüber, wie künstliche neuronale Netze sehen.

Wir zeichnen auf, was Sie wählen, wie sicher Sie sich nach eigener Angabe sind, wie lange Sie brauchen, wie oft Sie diese \
Seite verlassen oder neu laden, die Zeit zwischen den Bildern, die Ihr Bildschirm zeigt, und wie viele davon ausgefallen \
sind, wie groß Ihr Browserfenster ist und ob Sie Maus, Tastatur, Stift oder Finger benutzen. Ihren Namen und Ihre \
Internetadresse zeichnen wir nicht auf. Wenn jemand Sie mit einer Kennung hierher geschickt hat, bewahren wir eine \
unkenntliche Form davon auf, damit niemand zweimal teilnimmt. Wenn ein bezahlter Dienst Sie geschickt hat, bewahren wir \
auch die Kennung selbst auf, getrennt von Ihren Antworten, damit Sie bezahlt werden können; sie wird nie veröffentlicht.

Die Teilnahme ist freiwillig. Sie können jederzeit aufhören, indem Sie dieses Fenster schließen; Ihnen entsteht daraus \
kein Nachteil.

Wenn Sie farbenblind sind oder stark eingeschränkt sehen und eine Brille das nicht ausgleicht, nehmen Sie bitte nicht teil."""
DEFAULTS = {"en": (TITLE, BODY), "de": (GERMAN_TITLE, GERMAN_BODY)}


def default_consent() -> ConsentText:
    """The laboratory's newest English consent text; else ours, which is written in all its languages at the first use."""
    others = (VERSION, *EARLIER, IMPORTED)
    own = ConsentText.objects.filter(language="en").exclude(version__in=others).order_by("-created_at").first()
    if own:
        return own
    written = {}
    for language, (title, body) in DEFAULTS.items():
        words = {"title": title, "body": body}
        written[language], _ = ConsentText.objects.get_or_create(version=VERSION, language=language, defaults=words)
    return written["en"]


def consent_in(consent: ConsentText, languages: Sequence[str]) -> ConsentText:
    """The same version of a consent text in the first of these languages that has it, else the text itself."""
    texts = {text.language: text for text in ConsentText.objects.filter(version=consent.version, language__in=languages)}
    return next((texts[language] for language in languages if language in texts), consent)
