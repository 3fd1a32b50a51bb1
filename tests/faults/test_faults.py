"""Short runs of the faults; `python -m tests.faults --minutes 5` is the long one, see docs/faults.md."""

import pytest

from tests.faults.run import Plan, run
from tests.services.processes import ServiceMissingError

pytestmark = pytest.mark.integration
KINDS = {"postgres": {"web", "web worker", "GPU worker", "Redis", "PostgreSQL"}, "sqlite": {"web", "web worker", "GPU worker"}}


@pytest.mark.parametrize(("database", "seconds", "kills"), [("postgres", 12, 2), ("sqlite", 6, 1)])
def test_acknowledged_answers_are_exported_exactly_once_though_everything_is_killed(database: str, seconds: float, kills: int):
    plan = Plan(seconds=seconds, bots=12, trials=10, seed=1, database=database, kills=kills, stimulus_seconds=3.0)

    try:
        account = run(plan)
    except ServiceMissingError as missing:
        pytest.skip(str(missing))

    assert account.wrong == [], account.as_text()
    # Everybody answers at least one trial of practice, too.
    assert account.answers.acknowledged >= plan.bots * (plan.trials + 1)
    assert account.sessions.finished == plan.bots
    assert account.jobs.asked > 0
    assert dict(account.killed) == dict.fromkeys(KINDS[database], plan.kills)
