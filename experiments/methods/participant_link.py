"""A participant's link and the pages behind it, as bots meet them: addresses of a study, forms, and what a page says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qs, urlsplit

from experiments.contract.errors import InputError

STUDY_PATH = re.compile(r"/p/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


@dataclass(frozen=True, kw_only=True)
class Link:
    """The link that participants are given, taken apart."""

    origin: str
    """Scheme, host and port."""
    base: str
    """Path of the study, `/p/<study>/`; everything of it lies below."""
    study: str
    """Id of the study."""
    words: Mapping[str, str]
    """By which a bot says what it is: the signed word of a link for bots; on the server's own machine its own is enough."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a link.

        Raises:
            InputError: It is not a participant's link.
        """
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        match = STUDY_PATH.match(parts.path)
        if parts.scheme not in ("http", "https") or not parts.netloc or not match:
            remedy = "Give the link of a study as participants get it, http://<host>/p/<study>/"
            raise InputError(field="link", message=f"{text!r} is not a participant's link", remedy=remedy)
        signed = parse_qs(parts.query).get("bot")
        words = {"bot": signed[0]} if signed else {"kind": "bot"}
        return cls(origin=f"{parts.scheme}://{parts.netloc}", base=match[0], study=match[1], words=words)


class Page(HTMLParser):
    """What a bot needs of an HTML page: the hidden fields of its form, and its paragraphs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.paragraphs: list[str] = []
        self.in_paragraph = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect hidden fields; note the beginning of a paragraph."""
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given.get("name", "")] = given.get("value", "")
        if tag == "p":
            self.in_paragraph = True
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a paragraph."""
        if tag == "p":
            self.in_paragraph = False

    def handle_data(self, data: str) -> None:
        """Collect the text of paragraphs."""
        if self.in_paragraph:
            self.paragraphs[-1] += data

    @property
    def text(self) -> str:
        """The paragraphs in one line, without the last full stop."""
        return " ".join(" ".join(self.paragraphs).split()).rstrip(".")
