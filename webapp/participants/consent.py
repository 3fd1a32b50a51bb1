"""The consent text that studies start with; a laboratory writes its own version in the admin."""

from webapp.participants.models import ConsentText

VERSION = "2026-11"
TITLE = "Taking part in this study"
BODY = """\
You are invited to look at images and to say which of them fit together. This takes about ten minutes and is part of \
academic research on how artificial neural networks see.

We record your choices, how sure you say you are, how long you take, the size of your browser window and whether you \
use mouse or keyboard. We do not record your name or your internet address. If somebody sent you here with an id, \
we keep only a scrambled form of it, so that nobody takes part twice.

Taking part is voluntary. You can stop at any time by closing this window; nothing happens to you if you do.

If you are color-blind or have seriously impaired vision that glasses do not correct, please do not take part."""


def default_consent() -> ConsentText:
    """The newest consent text; written at the first use."""
    newest = ConsentText.objects.filter(language="en").order_by("-created_at").first()
    return newest or ConsentText.objects.create(version=VERSION, language="en", title=TITLE, body=BODY)
