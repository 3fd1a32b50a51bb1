"""A payment on its way through a real web worker: asked for on the queue, sent once, looked up by the minute."""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.conftest import StartWorker
from tests.services import processes
from tests.services.deployment import WAIT_SECONDS
from tests.services.recruiters.http import Fault
from tests.services.recruiters.prolific import STUDY_ID, TOKEN, FakeProlific, prolific_id

pytestmark = pytest.mark.integration
PLAN = f"""
from webapp import compute
from webapp.participants import ledger
from webapp.participants.models import Participant, Payment, Submission
from webapp.participants.recruitments import recruitment_create
recruitment = recruitment_create(recruiter="prolific", external_study_id="{STUDY_ID}", reward=195, currency="GBP")
for number, reason in enumerate(("base", "bonus"), 1):
    somebody = Participant.objects.create(kind="live", recruiter="prolific", external_id_hash=str(number))
    ids = dict(external_participant_id=f"a{{number:023x}}", external_id=f"b{{number:023x}}")
    Submission.objects.create(recruitment=recruitment, participant=somebody, **ids)
    ledger.payment_plan(recruitment, somebody, reason=reason, amount=105)
ledger.payment_approve(Payment.objects.all())
for _ in range(2):
    compute.pay([str(payment.id) for payment in Payment.objects.all()])
"""
STATES = "SELECT state FROM participants_payment ORDER BY reason"


def test_worker_sends_each_line_once_and_finds_out_about_the_lost_answer(
    tmp_path: Path, new_database: Callable[[], str], start_worker: StartWorker
) -> None:
    with FakeProlific() as prolific:
        env = {
            "SECRET_KEY": "only-for-tests",
            "DATABASE_URL": new_database(),
            "REDIS_URL": "",
            "BROKER_URL": f"filesystem://{tmp_path}/queue",
            "RESULT_URL": f"file://{tmp_path}/results",
            "ARTIFACT_URL": str(tmp_path / "artifacts"),
            "LOST_SECONDS": "3",
            "PROLIFIC_URL": prolific.url,
            "PROLIFIC_TOKEN": TOKEN,
        }
        for number in (1, 2):
            prolific.submission(number)
        prolific.fail("/pay/", Fault.LOST_AFTER)
        processes.run_manage(*processes.MIGRATE, env=env)
        worker = start_worker(env=env, app="webapp.celery_app", queue="web")
        processes.run_manage("shell", "--no-imports", "--command", PLAN, env=env)

        deadline = time.monotonic() + WAIT_SECONDS
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as database:
            while (states := database.execute(STATES).fetchall()) != [("paid",), ("paid",)]:
                assert time.monotonic() < deadline, (states, processes.tail(worker.log))
                time.sleep(0.2)

        assert prolific.submissions[prolific_id(1, "b")]["status"] == "APPROVED"
        assert prolific.submissions[prolific_id(2, "b")]["bonus_payments"] == [105]
        assert (prolific.asked("/pay/"), prolific.asked("transition")) == (1, 1)
        worker.stop()
