"""Which condition, model and task a new session gets: the fewest-completed cell first. Runs inside the transaction of its start.

A task counts as done by a session that finished and did not fail the quality checks, and as taken by one that runs within its
lease. Each kind of session and each cohort is counted by itself: pilots and bots never count for people.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from experiments.contract.errors import InputError
from webapp.participants.models import Participant
from webapp.studies.models import Condition, Session, Study
from webapp.studies.selectors import study_design, study_settings

PLACE = ("condition_id", "model", "task_index")
Place = tuple[int, str, int]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A task of a condition and model."""

    condition: Condition
    model: str
    task_index: int


def cell_choose(study: Study, *, kind: str, cohort: str) -> Cell:
    """The cell with fewest sessions done or under way, first of conditions and models, then of their tasks.

    The caller holds the lock on the study's row, so that no two starters count the same.

    Raises:
        InputError: Every condition is paused, or every task has been done by the crowd.
    """
    conditions = [condition for condition in study.conditions.order_by("id") if not condition.is_paused]
    if not conditions:
        raise InputError(field="study", message="this study has no free place at the moment", remedy="Come back later")
    done, taken = cell_counts(study, kind=kind, cohort=cohort)
    tasks = study_settings(study).tasks
    cells = [(condition, model) for condition in conditions for model in study_models(study)]
    if kind == Participant.Kind.LIVE and cohort == Session.Cohort.CROWD:
        cells = [
            (condition, model) for condition, model in cells if any(not done[condition.id, model, task] for task in range(tasks))
        ]
    if not cells:
        message = "this study has all the participants that it needs"
        raise InputError(field="study", message=message, remedy="Thank you for your interest; nothing is left to do")

    def count(condition: Condition, model: str) -> int:
        return sum((done + taken)[condition.id, model, task] for task in range(tasks))

    condition, model = min(cells, key=lambda cell: count(*cell))
    task_index = min(range(tasks), key=lambda task: (done + taken)[condition.id, model, task])
    return Cell(condition=condition, model=model, task_index=task_index)


def cell_counts(study: Study, *, kind: str, cohort: str) -> tuple[Counter[Place], Counter[Place]]:
    """How many sessions have done each task, and how many are at it."""
    sessions = study.sessions.filter(kind=kind, cohort=cohort)
    done = sessions.filter(~Q(passed_checks=False), state=Session.State.FINISHED)
    taken = sessions.filter(state=Session.State.RUNNING, lease_until__gt=timezone.now())
    return Counter(done.values_list(*PLACE)), Counter(taken.values_list(*PLACE))


def study_models(study: Study) -> list[str]:
    """The models that have sessions of their own; one empty name where a session asks about all."""
    if not study_design(study).ONE_MODEL:
        return [""]
    return sorted({unit.model for unit in study.units.all()})
