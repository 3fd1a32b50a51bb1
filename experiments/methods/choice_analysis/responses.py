"""Which sessions of a table count, and for whom they speak: people, experts, one simulated observer. Called by analyses."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from experiments.methods.choice_analysis.table_reading import read_rows

COUNTED = "counted"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Whose answers stand together."""

    name: str
    """`people`, `experts`, or `simulated <observer>`."""
    title: str
    slug: str
    """For file names."""
    simulated: bool
    sessions: int
    """Those that count."""


@dataclass(frozen=True, kw_only=True)
class Responses:
    """The table as it is analyzed."""

    sha256: str
    answers: pd.DataFrame
    """The answers of sessions that count, with `group` and `condition` as ordered categories and `rt_s` in seconds."""
    sessions: pd.DataFrame
    """A row a session: `group`, `status` (`counted`, or why it is left out)."""
    groups: tuple[Group, ...]

    def trials(self, kind: str) -> pd.DataFrame:
        """The answers in trials of a kind that are right or wrong (for ratings: that have a rating)."""
        column = "rating" if kind == "rating" else "correct"
        return self.answers[(self.answers["trial_kind"] == kind) & self.answers[column].notna()]


def read_responses(table: bytes, *, conditions: Sequence[str]) -> Responses:
    """The answers of finished sessions of people and simulated observers that passed their checks.

    `conditions` come first in tables and figures, in this order, for sessions as for trials; others follow by name.

    Raises:
        InputError: See `table_reading.read_rows`.
    """
    rows = read_rows(table)
    rows["group"] = [_group(*row) for row in zip(rows["session_kind"], rows["cohort"], rows["observer"], strict=True)]
    sessions = rows.drop_duplicates("session_id")
    status = [
        _status(*row) for row in zip(*(sessions[c] for c in ("session_kind", "session_state", "passed_checks")), strict=True)
    ]
    sessions = sessions[["session_id", "group"]].assign(status=status)
    counted = sessions.loc[sessions["status"] == COUNTED, "session_id"]
    answers = rows[rows["session_id"].isin(set(counted))].reset_index(drop=True)
    groups = _groups(sessions)
    answers["group"] = pd.Categorical(answers["group"], [group.name for group in groups], ordered=True)
    for column in ("condition", "trial_condition"):
        found = [name for name in conditions if name in set(answers[column])]
        order = [*found, *sorted(set(answers[column]) - set(found))]
        answers[column] = pd.Categorical(answers[column], order, ordered=True)
    return Responses(sha256=hashlib.sha256(table).hexdigest(), answers=answers, sessions=sessions, groups=groups)


def _group(kind: str, cohort: str, observer: str) -> str:
    if kind not in ("live", "bot"):
        return kind
    if kind == "bot":
        return f"simulated {observer}".strip()
    return "experts" if cohort == "expert" else "people"


def _status(kind: str, state: str, passed_checks: float) -> str:
    if kind not in ("live", "bot"):
        return kind
    if state != "finished":
        return "unfinished" if state == "running" else state
    return "failed checks" if passed_checks == 0 else COUNTED


def _groups(sessions: pd.DataFrame) -> tuple[Group, ...]:
    counts = sessions.loc[sessions["status"] == COUNTED, "group"].value_counts()
    groups: list[Group] = []
    for name in sorted(counts.index, key=lambda name: (("people", "experts", name).index(name), name)):
        simulated = name not in ("people", "experts")
        observer = name.removeprefix("simulated").strip() or "unnamed"
        groups.append(
            Group(
                name=name,
                title=f"Simulated participants, not people: {observer}" if simulated else name.capitalize(),
                slug=_slug(name, taken={group.slug for group in groups}),
                simulated=simulated,
                sessions=int(counts[name]),
            )
        )
    return tuple(groups)


def _slug(name: str, *, taken: set[str]) -> str:
    slug = file_slug(name)
    return next(free for free in (slug, *(f"{slug}_{number}" for number in range(2, len(taken) + 3))) if free not in taken)


def file_slug(name: str) -> str:
    """The name in lower case, with what is no ASCII letter or digit as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
