"""Prolific as https://docs.prolific.com/api-reference describes it: submissions, transitions, bonuses in two steps, notices."""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.services.recruiters.http import Answer, FakeServer

TOKEN = "a-token-for-tests"
SECRET = "a-secret-for-tests"
STUDY_ID = "5f0000000000000000000001"
ACTIONS = {"APPROVE": "APPROVED", "REJECT": "REJECTED"}


def prolific_id(number: int, kind: str = "a") -> str:
    """An id of 24 hexadecimal digits."""
    return f"{kind}{number:023x}"


@dataclass
class FakeProlific(FakeServer):
    """One workspace with its submissions and orders of bonuses."""

    submissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    pays_at_once: bool = True
    """Whether bonuses arrive with the order to pay them, or later: `settle`."""
    waiting: list[str] = field(default_factory=list)
    page_size: int = 100
    links: Any = "as there are pages"
    """What the list says of its next page, if it is odd."""

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v1"

    def submission(self, number: int, *, status: str = "AWAITING REVIEW", study: str = STUDY_ID) -> dict[str, Any]:
        """A submission of a participant, both with this number in their ids."""
        made = {
            "id": prolific_id(number, "b"),
            "participant": prolific_id(number),
            "study_id": study,
            "status": status,
            "started_at": "2026-11-25T10:00:00.000Z",
            "completed_at": None,
            "entered_code": None,
            "bonus_payments": [],
            "return_requested": None,
        }
        self.submissions[made["id"]] = made
        return made

    def settle(self) -> None:
        """Pay the bonuses that wait."""
        for order in self.waiting:
            self._pay(order)
        self.waiting.clear()

    def answer(self, name: str, headers: Any, query: str, body: bytes) -> Answer:
        if headers.get("Authorization") != f"Token {TOKEN}":
            return 401, _error(401, "Authentication credentials were not provided")
        method, _, path = name.partition(" ")
        sent = json.loads(body) if body else {}
        path = path.removeprefix("/api/v1")
        if name == "GET /api/v1/submissions/":
            return self._list(parse_qs(query))
        if path == "/submissions/bonus-payments/":
            return self._order(sent)
        if match := re.fullmatch(r"/bulk-bonus-payments/([\w-]+)/pay/", path):
            return self._pay_order(match[1])
        if match := re.fullmatch(r"/submissions/(\w+)/(?:(transition|request-return)/)?", path):
            return self._submission(method, match[1], match[2], sent)
        return 404, _error(404, "Not found")

    def _list(self, query: dict[str, list[str]]) -> Answer:
        of_study = [made for made in self.submissions.values() if made["study_id"] == query["study"][0]]
        page, size = int(query.get("page", ["1"])[0]), min(int(query.get("page_size", ["20"])[0]), self.page_size)
        shown = of_study[(page - 1) * size : page * size]
        more = page * size < len(of_study)
        following = f"{self.url}/submissions/?study={query['study'][0]}&page={page + 1}" if more else None
        # A list says `participant_id`, and nothing of bonuses.
        results = [
            {"id": made["id"], "participant_id": made["participant"], "status": made["status"], "started_at": made["started_at"]}
            for made in shown
        ]
        links = {"next": {"href": following, "title": "Next"}} if self.links == "as there are pages" else self.links
        return 200, {
            "results": results,
            "_links": links,
            "meta": {"count": len(of_study)},
        }

    def _submission(self, method: str, external_id: str, action: str | None, sent: dict[str, Any]) -> Answer:
        made = self.submissions.get(external_id)
        if made is None:
            return 404, _error(404, "No Submission matches the given query")
        if action == "request-return":
            made["return_requested"] = "2026-11-25T11:00:00.000Z"
        if action == "transition":
            wanted = ACTIONS[sent["action"]]
            if made["status"] not in ("AWAITING REVIEW", "TIMED-OUT", wanted):
                return 400, _error(400, f"Submission {external_id} cannot be moved from {made['status']}")
            made["status"] = wanted
        return 200, made

    def _order(self, sent: dict[str, Any]) -> Answer:
        lines = [line.split(",") for line in sent["csv_bonuses"].strip().splitlines()]
        unknown = [who for who, _ in lines if who not in self.submissions]
        if unknown:
            return 400, _error(400, f"These ids are not in the study: {', '.join(unknown)}")
        order = uuid.uuid4().hex[:24]
        self.orders[order] = [(who, float(amount)) for who, amount in lines]
        return 201, {"id": order, "study": sent["study_id"], "amount": sum(float(a) * 100 for _, a in lines), "fees": 0.0}

    def _pay_order(self, order: str) -> Answer:
        if order not in self.orders:
            return 404, _error(404, "Not found")
        # Not idempotent, as documented: the same order twice pays twice.
        if self.pays_at_once:
            self._pay(order)
        else:
            self.waiting.append(order)
        return 202, {}

    def _pay(self, order: str) -> None:
        for who, amount in self.orders[order]:
            self.submissions[who]["bonus_payments"].append(round(amount * 100, 2))


def signed_notice(notice: Any, *, secret: str = SECRET, at: float | None = None, event: str = "event-1") -> dict[str, Any]:
    """Body and headers of a notice as Prolific sends them, as keywords of Django's test client."""
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    stamp = str(int(time.time() if at is None else at))
    signature = base64.b64encode(hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()).decode()
    headers = {"X-Prolific-Request-Timestamp": stamp, "X-Prolific-Request-Signature": signature, "X-Event-ID": event}
    return {"data": body, "content_type": "application/json", "headers": headers}


def _error(status: int, detail: str) -> dict[str, Any]:
    return {"error": {"status": status, "error_code": 140000 + status, "title": "Error", "detail": detail}}
