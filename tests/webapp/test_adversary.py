"""Whether a program that never looks at a pixel can tell the right side from the traffic of the real web process.

Which files are the same is left out, for that is the images themselves; so no pair of queries comes twice here.
"""

from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from scipy import stats

from experiments.methods.bots import Run
from experiments.methods.http_bots import HttpBot
from experiments.methods.observers.adversary import Adversary, AdversarySettings
from experiments.methods.observers.seen import Decision, SeenTrial
from experiments.methods.participant_link import Link
from tests.webapp.wide_study import wide_study
from webapp.studies.models import Session, Study, StudyImage, Trial

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
SCALE, CAUSAL = "zimmermann2023_scale", "zimmermann2021_causal"


class Told(Adversary):
    """An adversary whom somebody tells the truth after each answer, where the study itself gives no feedback."""

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        decision = super().decide(trial, rng=rng)
        correct = decision.choice == Trial.objects.get(id=trial.plan["id"]).correct_choice
        self.learn(trial, decision, correct=correct)
        return decision


class Leaky(httpx.BaseTransport):
    """The web process with a planted leak: a header that is larger, by a little and not always, for the right query."""

    def __init__(self, application: httpx.WSGITransport) -> None:
        self.application, self.rng = application, np.random.default_rng(3)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.application.handle_request(request)
        *_, trial, content = request.url.path.split("/")
        if StudyImage.objects.filter(served_sha256=content).exists():
            trial = Trial.objects.get(id=trial)
            right = StudyImage.objects.get(id=trial.images[f"query_{trial.correct_choice}"])
            is_right = content == right.served_sha256
            response.headers["x-served-in"] = f"{self.rng.normal(loc=2.0 * is_right):.3f}"
        return response


@pytest.fixture(autouse=True)
def learns_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each quarter of what it knows: most of the time would go into learning the same once more."""
    monkeypatch.setattr("experiments.methods.observers.adversary.GROWTH", 1.25)


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.WSGITransport]:
    """The web process without sockets; it keeps its connection, as in production, instead of opening one per request."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    connection.close()
    connection.connect()
    yield httpx.WSGITransport(app=get_wsgi_application())
    connection.close()


def send(study: Study, observer: Adversary, *, sessions: int, transport: httpx.BaseTransport) -> list[bool]:
    """Whether the adversary was right, in each main and catch trial."""
    link = Link.parse(f"http://testserver/p/{study.id}/")
    run = Run(observer_name="adversary", sessions=sessions, seed=1)
    for number in range(sessions):
        with httpx.Client(base_url=link.origin, transport=transport) as client:
            assert HttpBot(client, link, run.participant(number, observer)).run().finished
        # A session that fails its checks would give its task to the next one: the same images once more.
        Session.objects.filter(study=study).update(passed_checks=True)
    answered = Trial.objects.filter(session__study=study, kind__in=("main", "catch"))
    main = answered.filter(kind="main").values_list("unit", "batch")
    assert len(set(main)) == len(main)
    return list(answered.values_list("response__correct", flat=True))


def test_traffic_does_not_tell_the_right_side(application: httpx.WSGITransport, monkeypatch: pytest.MonkeyPatch):
    # A 2-AFC trial has twenty images, an occlusion without references three: most of the two thousand trials are of these.
    choosing = wide_study(monkeypatch, SCALE, condition="natural", sessions=5)
    occluded = wide_study(monkeypatch, CAUSAL, condition="none", sessions=15)
    adversary, told = Adversary(settings=AdversarySettings(counts=True)), Told()

    right = send(choosing, adversary, sessions=5, transport=application)
    right += send(occluded, told, sessions=15, transport=application)

    assert len(right) == 2000
    assert (adversary.fitted > 450, told.fitted > 1400) == (True, True)
    assert stats.binomtest(sum(right), len(right)).pvalue > 0.001, (adversary.strongest(5), told.strongest(5))


def test_the_same_adversary_finds_a_planted_leak(application: httpx.WSGITransport, monkeypatch: pytest.MonkeyPatch):
    study = wide_study(monkeypatch, CAUSAL, condition="none", sessions=4)
    adversary = Told()

    right = send(study, adversary, sessions=4, transport=Leaky(application))

    assert stats.binomtest(sum(right), len(right), alternative="greater").pvalue < 1e-6
    assert adversary.strongest(1)[0][0] == "queries headers.x-served-in says"
