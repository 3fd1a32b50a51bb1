"""Mechanical Turk's requester service as its API reference describes it: JSON over POST, one operation by header."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.services.recruiters.http import Answer, FakeServer

HIT_ID = "3HIT00000000000000000000000001"


@dataclass
class FakeMTurk(FakeServer):
    """HITs, assignments and bonuses."""

    assignments: dict[str, dict[str, Any]] = field(default_factory=dict)
    hits: dict[str, dict[str, Any]] = field(default_factory=dict)
    bonuses: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 100

    def assignment(self, number: int, *, status: str = "Submitted", hit: str = HIT_ID) -> dict[str, Any]:
        """An assignment of a worker, both with this number in their ids."""
        made = {
            "AssignmentId": f"3ASSIGN{number:05d}",
            "WorkerId": f"AWORKER{number:05d}",
            "HITId": hit,
            "AssignmentStatus": status,
        }
        self.assignments[made["AssignmentId"]] = made
        return made

    def answer(self, name: str, headers: Any, query: str, body: bytes) -> Answer:
        if "AWS4-HMAC-SHA256" not in headers.get("Authorization", ""):
            return 403, {"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"}
        operations = {
            "CreateHIT": self._create_hit,
            "ListAssignmentsForHIT": self._list_assignments,
            "GetAssignment": self._get_assignment,
            "ApproveAssignment": self._approve,
            "SendBonus": self._send_bonus,
            "ListBonusPayments": self._list_bonuses,
        }
        operation = operations.get(name)
        if operation is None:
            return 400, {"__type": "UnknownOperationException"}
        return operation(json.loads(body))

    def _create_hit(self, sent: dict[str, Any]) -> Answer:
        token = sent["UniqueRequestToken"]
        if token in self.hits:
            return _refused("the HIT exists already")
        self.hits[token] = {**sent, "HITId": HIT_ID}
        return 200, {"HIT": {"HITId": HIT_ID}}

    def _list_assignments(self, sent: dict[str, Any]) -> Answer:
        of_hit = [made for made in self.assignments.values() if made["HITId"] == sent["HITId"]]
        start, size = int(sent.get("NextToken") or 0), min(sent["MaxResults"], self.page_size)
        more = {"NextToken": str(start + size)} if start + size < len(of_hit) else {}
        return 200, {"Assignments": of_hit[start : start + size], "NumResults": len(of_hit), **more}

    def _get_assignment(self, sent: dict[str, Any]) -> Answer:
        made = self.assignments.get(sent["AssignmentId"])
        return (200, {"Assignment": made}) if made else _refused(f"assignment {sent['AssignmentId']} does not exist")

    def _approve(self, sent: dict[str, Any]) -> Answer:
        made = self.assignments.get(sent["AssignmentId"])
        if made is None or made["AssignmentStatus"] != "Submitted":
            return _refused("this operation can be called with a status of: Submitted")
        made["AssignmentStatus"] = "Approved"
        return 200, {}

    def _send_bonus(self, sent: dict[str, Any]) -> Answer:
        if any(paid["UniqueRequestToken"] == sent["UniqueRequestToken"] for paid in self.bonuses):
            return _refused("this request token has been used")
        self.bonuses.append(sent)
        return 200, {}

    def _list_bonuses(self, sent: dict[str, Any]) -> Answer:
        told = ("WorkerId", "BonusAmount", "AssignmentId", "Reason")
        own = [paid for paid in self.bonuses if paid["AssignmentId"] == sent["AssignmentId"]]
        return 200, {"BonusPayments": [{name: paid[name] for name in told} for paid in own], "NumResults": len(own)}


def _refused(message: str) -> Answer:
    return 400, {"__type": "RequestError", "Message": message, "TurkErrorCode": "AWS.MechanicalTurk.Refused"}
