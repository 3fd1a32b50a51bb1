"""Which condition, model and task a new session gets: the fewest-completed cell first. Runs inside the transaction of its start.

A task counts as done by a session that finished and did not fail the quality checks, and as taken by one that runs within its
lease. Each kind of session and each cohort is counted by itself: pilots and bots never count for people.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils import timezone

from experiments.contract.errors import InputError
from webapp.participants.models import Participant
from webapp.studies.models import Condition, Session, Study
from webapp.studies.selectors import study_design, study_settings

NO_PLACE = ("this study has no free place at the moment", "Come back later")
FULL = ("this study has all the participants that it needs", "Thank you for your interest; nothing is left to do")
DONE = Q(state=Session.State.FINISHED) & (Q(passed_checks=True) | Q(passed_checks=None))


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A task of a condition and model."""

    condition: Condition
    model: str
    task_index: int


@dataclass(frozen=True, kw_only=True)
class CellCounts:
    """A condition and model, and how many sessions have done each of its tasks or are at it."""

    condition: Condition
    model: str
    tasks: int
    done: Counter[int] = field(default_factory=Counter)
    taken: Counter[int] = field(default_factory=Counter)

    @property
    def sessions(self) -> int:
        """How many have done its tasks or are at them."""
        return self.done.total() + self.taken.total()

    @property
    def undone(self) -> list[int]:
        """The tasks that nobody has done."""
        return [task for task in range(self.tasks) if not self.done[task]]

    @property
    def free(self) -> list[int]:
        """Those among them that nobody is at."""
        return [task for task in self.undone if not self.taken[task]]


def cell_choose(study: Study, *, kind: str, cohort: str, seed: int) -> Cell:
    """The first task with fewest sessions, in one of the conditions and models with fewest; `seed` decides between equal ones.

    The crowd does each task once: what is done is not offered to it again, and what somebody is at only when nothing is
    free. So nobody is turned away as long as a task may still come back undone. All others do all tasks any number of times.

    The caller holds the lock on the study's row, so that no two starters count the same.

    Raises:
        InputError: Each condition with something left to do is paused, or the crowd has done all tasks.
    """
    is_crowd = kind == Participant.Kind.LIVE and cohort == Session.Cohort.CROWD
    cells = study_cells(study, kind=kind, cohort=cohort)
    offered = _offered([cell for cell in cells if not cell.condition.is_paused], done_once=is_crowd)
    if not offered:
        message, remedy = NO_PLACE if _offered(cells, done_once=is_crowd) else FULL
        raise InputError(field="study", message=message, remedy=remedy)
    draw = random.Random(seed)  # noqa: S311 -- not a secret
    fewest = min(cell.sessions for cell, _ in offered)
    cell, tasks = draw.choice([(cell, tasks) for cell, tasks in offered if cell.sessions == fewest])
    counts = cell.done + cell.taken
    # In order: a study that stops early has asked about all units and batches as equally often as it could.
    task_index = min(tasks, key=lambda task: (counts[task], task))
    return Cell(condition=cell.condition, model=cell.model, task_index=task_index)


def _offered(cells: Sequence[CellCounts], *, done_once: bool) -> list[tuple[CellCounts, Sequence[int]]]:
    """The cells with something left to do, and which of their tasks that is."""
    if not done_once:
        return [(cell, range(cell.tasks)) for cell in cells]
    free: list[tuple[CellCounts, Sequence[int]]] = [(cell, cell.free) for cell in cells if cell.free]
    return free or [(cell, cell.undone) for cell in cells if cell.undone]


def study_cells(study: Study, *, kind: str, cohort: str) -> list[CellCounts]:
    """Each condition and model of a study, with what one kind of session and one cohort have done there."""
    tasks, models = study_settings(study).tasks, study_models(study)
    conditions = study.conditions.order_by("id")
    cells = {
        (condition.id, model): CellCounts(condition=condition, model=model, tasks=tasks)
        for condition in conditions
        for model in models
    }
    taken = Q(state=Session.State.RUNNING, lease_until__gt=timezone.now())
    rows = (
        study.sessions.filter(kind=kind, cohort=cohort)
        .values_list("condition_id", "model", "task_index")
        .annotate(done=Count("id", filter=DONE), taken=Count("id", filter=taken))
        .order_by()
    )
    for condition_id, model, task, done, at_it in rows:
        if cell := cells.get((condition_id, model)):
            cell.done[task], cell.taken[task] = done, at_it
    return list(cells.values())


def study_models(study: Study) -> list[str]:
    """The models that have sessions of their own; one empty name where a session asks about all."""
    if not study_design(study).ONE_MODEL:
        return [""]
    return sorted(set(study.units.values_list("model", flat=True)))
