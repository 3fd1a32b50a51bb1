"""Simulated participants, over HTTP, against the real web process."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from pytest_django.live_server_helper import LiveServer

from experiments.__main__ import main
from tests.services.processes import START_SECONDS
from tests.webapp import made_up
from webapp.participants.models import Submission
from webapp.participants.recruitments import recruitment_create
from webapp.studies.models import Response, Session, Study
from webapp.studies.truth import truth_write

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
SCALE, CAUSAL, LABORATORY = "zimmermann2023_scale", "zimmermann2021_causal", "borowski2021_exemplary"
SHORT = {"main_trials": 2, "ratings": 1, "none_blocks": 0, "blocks": 1, "practice_trials": 1, "catch_trials": 1, "repeats": 1}
"""A laboratory session of minutes."""


@pytest.fixture(autouse=True)
def answers_leave_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test server sends head and body apart, and the kernel holds the body back for 40 ms unless told not to."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)


def send(live_server: LiveServer, study: Study, folder: Path, *, observer: str, sessions: int, more: tuple[str, ...] = ()) -> int:
    link = f"{live_server.url}/p/{study.id}/"
    truth = truth_write(study, folder / "truth.json")
    words = ["bot", "--link", link, "--sessions", str(sessions), "--observer", observer, "--seed", "1", "--truth", str(truth)]
    return main([*words, *more])


@pytest.mark.parametrize("paper", [SCALE, CAUSAL])
def test_ideal_observer_answers_everything_right(
    live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], paper: str
):
    study = made_up.study(paper)
    conditions = study.conditions.count()

    code = send(live_server, study, tmp_path, observer="ideal", sessions=conditions)

    finished = Session.objects.filter(study=study, kind="bot", state="finished").exclude(completion_code="")
    responses = Response.objects.filter(trial__session__in=finished)
    assert code == 0, capsys.readouterr().err
    assert finished.count() == conditions
    assert {session.condition.name for session in finished} == {condition.name for condition in study.conditions.all()}
    assert responses.exclude(trial__kind="practice").count() == conditions * 5
    assert not responses.filter(correct=False).exists()


@pytest.mark.parametrize("way", ["http", pytest.param("browser", marks=pytest.mark.e2e)])
def test_bots_rate_rest_between_blocks_and_answer_what_is_asked_again(
    live_server: LiveServer, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, way: str
):
    if way == "browser":
        monkeypatch.setenv("CHROMIUM", request.getfixturevalue("chromium_path"))
    study = made_up.study(LABORATORY, conditions=["experiment_1"], **SHORT)

    code = send(live_server, study, tmp_path, observer="random", sessions=1, more=("--browser",) if way == "browser" else ())

    session = Session.objects.get(study=study)
    asked = session.trials.exclude(kind="example")
    assert (code, session.state, session.observer) == (0, "finished", "random")
    assert set(asked.values_list("kind", flat=True)) == {"rating", "practice", "main", "catch", "repeat"}
    assert not asked.filter(response=None).exists()
    assert asked.get(kind="rating", position=min(asked.values_list("position", flat=True))).response.rating is not None
    assert asked.values("block").distinct().count() > 3


def test_bots_need_no_id_of_the_recruiter_whose_people_take_part(live_server: LiveServer, tmp_path: Path):
    study = made_up.study(SCALE, main_trials=1, catch_trials=1)
    prolific = recruitment_create(recruiter="prolific", external_study_id="a" * 24, currency="GBP")
    Study.objects.filter(id=study.id).update(recruitment=prolific)

    code = send(live_server, study, tmp_path, observer="ideal", sessions=1)

    session = Session.objects.get(study=study)
    assert (code, session.kind, session.state) == (0, "bot", "finished")
    assert not Submission.objects.exists()


@pytest.mark.parametrize("paper", [SCALE, CAUSAL])
def test_random_observer_comes_through_practice_by_luck(live_server: LiveServer, tmp_path: Path, paper: str):
    study = made_up.study(paper)

    code = send(live_server, study, tmp_path, observer="random", sessions=1)

    finished = Session.objects.filter(study=study, state="finished")
    assert (code, finished.count()) == (0, 1)
    assert not finished.filter(practice_passed=False).exists()


@pytest.mark.parametrize("observer", ["noisy", "left", "fast", "similarity", "adversary"])
def test_observers_of_every_kind_come_to_the_end(live_server: LiveServer, tmp_path: Path, observer: str):
    # Whoever looks at made-up images may never get through practice: what they choose has no meaning, and does not change.
    practice = {"practice_obvious": 0, "practice_other": 0} if observer == "similarity" else {}
    study = made_up.study(SCALE, **practice)

    code = send(live_server, study, tmp_path, observer=observer, sessions=1)

    main_answers = Response.objects.filter(trial__session__study=study).exclude(trial__kind="practice")
    assert (code, main_answers.count()) == (0, 5)
    if observer == "left":
        assert {answer.choice for answer in main_answers} == {"upper"}
    if observer == "fast":
        assert all(1500 < answer.rt < 1600 for answer in main_answers)


def test_sessions_that_drop_out_stay_unfinished_and_are_counted(
    live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    study = made_up.study(SCALE)

    code = send(live_server, study, tmp_path, observer="ideal", sessions=6, more=("--dropout", "0.5"))

    states = [session.state for session in Session.objects.filter(study=study)]
    output = capsys.readouterr().out
    assert (code, len(states)) == (0, 6)
    assert 0 < states.count("finished") < 6
    assert f"{'simulated sessions finished':<42} {states.count('finished')}\n" in output
    assert f"{'left before the end, as --dropout asks':<42} {states.count('running')}\n" in output


def test_bots_say_what_the_server_told_them(live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    told, silent = made_up.study(SCALE), made_up.study(CAUSAL)

    send(live_server, told, tmp_path, observer="ideal", sessions=2)
    send(live_server, silent, tmp_path, observer="ideal", sessions=2)

    first, second = capsys.readouterr().out.split("seed 1\n")[1:]
    assert "1.000 of 10 main and catch trials" in first
    assert "not told by this study" in second


def test_a_seed_run_again_goes_on_where_it_was(live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    study = made_up.study(SCALE)
    send(live_server, study, tmp_path, observer="ideal", sessions=1)

    more = send(live_server, study, tmp_path, observer="ideal", sessions=3)
    again = send(live_server, study, tmp_path, observer="ideal", sessions=3)

    output = capsys.readouterr()
    assert (more, again) == (0, 2)
    assert Session.objects.filter(study=study, state="finished").count() == 3
    assert output.err == "seed: all 3 participants of seed 1 have taken part before. Give another --seed for new ones.\n"


def test_an_interrupted_session_goes_on(live_server: LiveServer, tmp_path: Path):
    study = made_up.study(SCALE)
    session, _ = made_up.session(study, kind="bot", external_id="bot-1-0-ideal")

    send(live_server, study, tmp_path, observer="ideal", sessions=1)

    session.refresh_from_db()
    assert (session.state, Session.objects.filter(study=study).count()) == ("finished", 1)


def test_a_study_that_is_not_open_is_one_line(live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    study = made_up.study(SCALE, opened=False)
    Study.objects.filter(id=study.id).update(state=Study.State.CLOSED)

    code = main(["bot", "--link", f"{live_server.url}/p/{study.id}/", "--observer", "random"])

    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1)
    assert "not open" in error


def test_an_image_that_is_not_what_the_plan_says_ends_the_run(
    live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    study = made_up.study(SCALE)
    for image in study.images.all():
        blob = tmp_path / "artifacts" / "blobs" / image.blob
        blob.write_bytes(blob.read_bytes()[::-1])

    code = send(live_server, study, tmp_path, observer="ideal", sessions=1)

    assert code == 2
    assert capsys.readouterr().err == (
        "image: an image is not what the plan says (status 200). Look at the server's log and its artifact store.\n"
    )


@pytest.mark.e2e
def test_bots_in_a_browser_do_what_bots_over_http_do(
    live_server: LiveServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    chromium_path: str,
):
    monkeypatch.setenv("CHROMIUM", chromium_path)
    study = made_up.study(SCALE, answer_lock=0)

    code = send(live_server, study, tmp_path, observer="ideal", sessions=1, more=("--browser",))
    again = send(live_server, study, tmp_path, observer="ideal", sessions=1, more=("--browser",))

    output = capsys.readouterr()
    responses = Response.objects.filter(trial__session__study=study, trial__session__state="finished")
    assert (code, again) == (0, 2), output.err
    assert responses.exclude(trial__kind="practice").count() == 5
    assert not responses.filter(correct=False).exists()
    assert set(Session.objects.filter(study=study).values_list("observer", flat=True)) == {"ideal"}
    assert "1.000 of 5" in output.out
    assert "have taken part before" in output.err


@pytest.mark.e2e
def test_who_drops_out_in_a_browser_closes_it(
    live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chromium_path: str
):
    monkeypatch.setenv("CHROMIUM", chromium_path)
    study = made_up.study(SCALE, answer_lock=0)

    code = send(live_server, study, tmp_path, observer="ideal", sessions=1, more=("--browser", "--dropout", "1"))

    session = Session.objects.get(study=study)
    answered = Response.objects.filter(trial__session=session, trial__attempt=0).count()
    assert (code, session.state) == (0, "running")
    assert answered < 5


def test_interrupted_bots_say_what_they_did(live_server: LiveServer, tmp_path: Path):
    study = made_up.study()
    truth = truth_write(study, tmp_path / "truth.json")
    words = ["--link", f"{live_server.url}/p/{study.id}/", "--sessions", "500", "--observer", "ideal", "--truth", str(truth)]
    # A shell in the background has Ctrl-C's signal ignored, and children would inherit it.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from experiments.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    bots = subprocess.Popen(
        [sys.executable, "-c", code, "bot", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + START_SECONDS
    while not Session.objects.filter(study=study, state="finished").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    bots.send_signal(signal.SIGINT)
    out, err = bots.communicate(timeout=START_SECONDS)

    assert (bots.returncode, err.splitlines()[-1]) == (130, "Interrupted"), err
    assert "of 500 sessions" in out
    assert "simulated sessions finished" in out
