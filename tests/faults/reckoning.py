"""Compares what participants were told with what the site has: the account of a run, and whether anything in it is wrong."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from experiments.contract.tables import RESPONSE_COLUMNS


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Acknowledged answers against the export."""

    acknowledged: int
    exported: int
    """Rows; an answer that arrived, and whose acknowledgement got lost for good, is among them."""
    lost: int
    doubled: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Finished sessions against completion codes."""

    begun: int
    finished: int
    without_code: int
    """Finished ones to which no code was released."""
    too_early: int
    """With a code, and not all answers."""
    untold: int
    """With a code that the participant was never told."""
    other_code: int
    """Participants who were told a code that is not the session's, or of whose session nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """Stimuli that were asked for against jobs and artifacts."""

    asked: int
    finished: int
    failed: int
    twice: int
    """Artifacts for which a second job was made, or which are listed twice."""
    attempts: int
    """Of all jobs together; more than jobs where a worker or a message was lost."""


def answers(acknowledged: Mapping[str, Mapping[str, Any]], exported: bytes) -> Answers:
    """The account of the answers; `exported` is the CSV as a researcher gets it."""
    rows = list(csv.DictReader(io.StringIO(exported.decode())))
    by_trial = {row["trial_id"]: row for row in rows}
    counts = Counter(row["trial_id"] for row in rows)
    there = {trial: answer for trial, answer in acknowledged.items() if trial in by_trial}
    return Answers(
        acknowledged=len(acknowledged),
        exported=len(rows),
        lost=len(acknowledged) - len(there),
        doubled=sum(count > 1 for count in counts.values()),
        changed=sum(not _is_as_sent(answer, by_trial[trial]) for trial, answer in there.items()),
    )


def _is_as_sent(answer: Mapping[str, Any], row: Mapping[str, str]) -> bool:
    return all(_same(value, row[name]) for name, value in answer.items() if name in RESPONSE_COLUMNS)


def _same(sent: Any, exported: str) -> bool:
    return float(exported or "nan") == sent if isinstance(sent, int | float) else exported == sent


def sessions(found: Sequence[Mapping[str, Any]], codes: Mapping[str, set[str]]) -> Sessions:
    """The account of the sessions; `codes` are those that participants were told."""
    released = Counter(session["code"] for session in found if session["code"])
    finished = [session for session in found if session["state"] == "finished"]
    return Sessions(
        begun=len(found),
        finished=len(finished),
        without_code=sum(not session["code"] for session in finished),
        too_early=sum(bool(session["code"]) and session["missing"] > 0 for session in found),
        untold=max(0, released.total() - len(codes)),
        other_code=sum(len(told) != 1 or not told <= released.keys() for told in codes.values()),
    )


def jobs(asked: Sequence[str], made: Mapping[str, Any]) -> Jobs:
    """The account of the jobs of these digests."""
    wanted = set(asked)
    of_asked = [job for job in made["jobs"] if job["digest"] in wanted]
    jobs_of, listed = Counter(job["digest"] for job in of_asked), Counter(made["artifacts"])
    return Jobs(
        asked=len(wanted),
        finished=sum(job["state"] == "finished" and listed[job["digest"]] == 1 for job in of_asked),
        failed=sum(job["state"] == "failed" for job in of_asked),
        twice=sum(jobs_of[digest] > 1 or listed[digest] > 1 for digest in wanted),
        attempts=sum(job["attempts"] for job in of_asked),
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """All of a run."""

    answers: Answers
    sessions: Sessions
    jobs: Jobs
    contradictions: int
    """Trials of which two different answers were acknowledged."""
    gave_up: int
    """Participants who had not come to the end when the run was over."""
    store: Sequence[str]
    """What is wrong in the artifact store."""
    killed: Mapping[str, int]
    network: Mapping[str, int]
    statuses: Mapping[int, int]
    returns: int
    messages_doubled: int
    unavailable_seconds: float
    seconds: float

    @property
    def wrong(self) -> list[str]:
        """What must not be; nothing when the site kept its promises."""
        counts = {
            "answers lost": self.answers.lost,
            "answers doubled": self.answers.doubled,
            "answers changed": self.answers.changed,
            "answers contradicted": self.contradictions,
            "sessions finished without a code": self.sessions.without_code,
            "codes without all answers": self.sessions.too_early,
            "codes that nobody was told": self.sessions.untold,
            "codes that are not the session's": self.sessions.other_code,
            "participants who did not come to the end": self.gave_up,
            "jobs that did not finish": self.jobs.asked - self.jobs.finished,
            "jobs done twice": self.jobs.twice,
            **dict.fromkeys(self.store, 1),
        }
        return [f"{what}: {count}" for what, count in counts.items() if count]

    def as_text(self) -> str:
        """The table that is printed."""
        lines = {
            "answers": _listed(asdict(self.answers)),
            "sessions": _listed(asdict(self.sessions)),
            "jobs": _listed(asdict(self.jobs)),
            "killed with -9": _listed(self.killed),
            "network": _listed(self.network),
            "replies by status": _listed(self.statuses),
            "links opened again": str(self.returns),
            "job messages doubled": str(self.messages_doubled),
            "page did not open for": f"{self.unavailable_seconds:.0f} of {self.seconds:.0f} s",
            "artifact store": f"{len(self.store)} faults",
        }
        table = "\n".join(f"{label:<22} {value}" for label, value in lines.items())
        return "\n".join([table, *(f"WRONG {line}" for line in self.wrong)] if self.wrong else [table, "Nothing lost."])


def _listed(counts: Mapping[Any, Any]) -> str:
    return ", ".join(f"{count} {str(what).replace('_', ' ')}" for what, count in counts.items())
