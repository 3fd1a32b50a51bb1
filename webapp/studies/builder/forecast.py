"""What a planned study will need and find, before anything is started: images, time, people, money, statistical power."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments import registry
from experiments.contract.power import MOST_ANSWERS, Power, simulate_power
from experiments.contract.prediction import Prediction, Sessions, predict, session_count
from experiments.contract.rates import DEFAULT_RATES, measured_rates
from webapp.participants.money import money
from webapp.stimuli.models import Artifact, Job
from webapp.studies.builder.forms import AssumptionsForm
from webapp.studies.services.study import StudyPlan, plan_check

SIMULATIONS = 1000
RECENT = 200
"""So many of the newest artifacts of a kind tell how fast the workers are."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """All that the page shows."""

    prediction: Prediction
    power: Power | None
    """None where no answer is about a unit: there is no chance to compare labels with."""
    participants: int
    """Of each condition and model."""
    trials: Mapping[str, int]
    """Of one session, by kind."""
    sets: int
    """Stimulus sets that the study needs."""
    stored_sets: int
    """Those among them that are there already."""
    waiting_jobs: int
    """Of other studies, before it in the queue."""
    rates_are_measured: bool
    """By this deployment's workers; otherwise on two cores without a GPU."""
    currency: str

    @property
    def hours(self) -> float:
        """That one worker takes for the stimuli."""
        return sum(self.prediction.seconds.values()) / 3600

    @property
    def duration(self) -> str:
        """Those hours as people say them."""
        return f"{self.hours:.1f} h" if self.hours > 2 else f"{self.hours * 60:.0f} min"

    @property
    def images(self) -> dict[str, int]:
        """How many images there will be, by kind."""
        return {kind.replace("_", " "): count for kind, count in self.prediction.images.items()}

    @property
    def money(self) -> str:
        """The expected cost in major units."""
        return money(self.prediction.cost, self.currency)


def plan_forecast(plan: StudyPlan, *, recruitment: Mapping[str, Any], assumptions: AssumptionsForm) -> Forecast:
    """Predict a plan; nothing is stored.

    Raises:
        InputError: The plan is unfit, or its numbers are out of range.
    """
    addresses, conditions, settings = plan_check(plan)
    design, units = registry.design(plan.paper), [str(address) for address in addresses]
    sets = design.stimulus_sets(units=units, conditions=conditions, settings=settings)
    stored = set(Artifact.objects.filter(digest__in=[each.digest for each in sets]).values_list("digest", flat=True))
    trials = {kind: max(counts) for kind, counts in _trial_counts(design, conditions, settings).items()}
    wanted = session_count(units=units, conditions=conditions, tasks=settings.tasks, one_model=design.ONE_MODEL)
    rates = _rates()
    sessions = _sessions(wanted, trials, reward=recruitment["reward"], assumed=assumptions.cleaned_data)
    missing = [each for each in sets if each.digest not in stored]
    participants = wanted // (len(conditions) * max(1, wanted // (settings.tasks * len(conditions))))
    power = None
    if units:
        power = _power(assumptions, list(conditions), participants=participants, trials=trials["main"], units=len(units))
    return Forecast(
        prediction=predict(sets=missing, images=design.IMAGES, sessions=sessions, rates={**DEFAULT_RATES, **rates}),
        power=power,
        participants=participants,
        trials=trials,
        sets=len(sets),
        stored_sets=len(stored),
        waiting_jobs=Job.objects.filter(state__in=Job.OPEN).count(),
        rates_are_measured=bool(rates),
        currency=recruitment["currency"],
    )


def _trial_counts(design: Any, conditions: Any, settings: Any) -> dict[str, list[int]]:
    """The numbers of trials of a session by kind, one for each condition."""
    counts = [design.trial_counts(condition=condition, settings=settings) for condition in conditions]
    return {kind: [count.get(kind, 0) for count in counts] for kind in ("main", "catch", "practice", "repeat", "rating")}


def _sessions(wanted: int, trials: Mapping[str, int], *, reward: int, assumed: Mapping[str, Any]) -> Sessions:
    return Sessions(
        wanted=wanted,
        main_trials=trials["main"],
        other_trials=sum(trials.values()) - trials["main"],
        trial_seconds=assumed["trial_seconds"],
        other_seconds=assumed["other_seconds"],
        reward=reward,
        fee=assumed["fee"],
        exclusion=assumed["excluded"],
    )


def _power(assumptions: AssumptionsForm, conditions: list[str], *, participants: int, trials: int, units: int) -> Power:
    answers = len(conditions) * participants * trials
    return simulate_power(
        accuracies=assumptions.accuracies(conditions),
        participants_per_condition=participants,
        trials=trials,
        units=min(units, 2000),
        participant_sd=assumptions.cleaned_data["participant_sd"],
        unit_sd=assumptions.cleaned_data["unit_sd"],
        seed=0,
        # A large study needs fewer simulations for a figure of two digits than a browser waits for.
        simulations=max(50, min(SIMULATIONS, MOST_ANSWERS // 10 // max(1, answers))),
    )


def _rates() -> dict[str, float]:
    """Seconds per megapixel by kind of recipe, from what this deployment made last."""
    newest = [
        artifact.read_manifest()
        for kind in DEFAULT_RATES
        for artifact in Artifact.objects.filter(kind=kind).order_by("-stored_at")[:RECENT]
    ]
    return measured_rates(newest)
