"""What passes between a page and the server, read from outside the page: plans, verdicts, and the images of a trial."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

from experiments.methods.observers.seen import SeenImage, SeenTrial
from experiments.methods.participant_link import Link
from experiments.methods.session_plan import PHASES, Plan, seen_trial


class Traffic:
    """Listens to a page; `plan` is the newest that the server sent, empty before the first."""

    def __init__(self, page: Page, link: Link) -> None:
        self.page, self.link = page, link
        self.plan: Plan = {}
        self.unread: list[Response] = []
        self.unjudged: list[tuple[str, bool]] = []
        page.on("response", self._note)

    def verdicts(self) -> Iterator[tuple[str, bool]]:
        """Trial and whether its answer was right, for each acknowledged answer with feedback that was not told yet."""
        self._read()
        while self.unjudged:
            yield self.unjudged.pop(0)

    def seen(self, trial: str, *, participant: str) -> SeenTrial:
        """A trial of the newest plan. Its images are fetched once more, for the page keeps its own to itself."""
        self._read()
        of, planned = next((of, found) for of in PHASES for found in self.plan[of]["trials"] if found["id"] == trial)
        images = {place: self._image(image["url"], image["sha256"]) for place, image in planned["images"].items()}
        return seen_trial(self.plan, planned, of=of, participant=participant, images=images)

    def _image(self, url: str, sha256: str) -> SeenImage:
        started = time.perf_counter()
        answer = self.page.request.get(self.link.origin + url)
        content = answer.body()
        seconds = time.perf_counter() - started
        return SeenImage(sha256=sha256, content=content, url=url, headers=answer.headers, seconds=seconds)

    def _note(self, response: Response) -> None:
        """Remember a response; its body is read later, because Playwright takes no calls while it tells of an event."""
        self.unread.append(response)

    def _read(self) -> None:
        responses, self.unread[:] = list(self.unread), []
        for response in responses:
            words = urlsplit(response.url).path.removeprefix(self.link.base).split("/")
            if not response.ok or words[0] not in ("session", "practice", "trials"):
                continue
            body = response.json()
            if words[0] == "session":
                self.plan = body
            elif "practice" in body:
                self.plan = {**self.plan, "practice": {**self.plan["practice"], **body["practice"]}}
            elif words[0] == "trials" and body["correct"] is not None:
                self.unjudged.append((words[1], body["correct"]))
