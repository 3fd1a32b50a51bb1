"""What measurements say: accuracies and success rates with intervals, for result files, claims and figures."""

from collections.abc import Mapping
from typing import Any

from experiments.methods.statistics.intervals import wilson_interval

Metrics = dict[str, Any]
TOLD = ("outcome", "certified", "lower_bound", "random_surface", "random_corner", "setup_failures", "violations", "words")
"""Of a verdict."""


def share(count: int, *, of: int) -> Metrics:
    """A share with its 95 % Wilson interval."""
    low, high, _ = wilson_interval(count, trials=of)
    return {"share": count / of, "count": count, "of": of, "low": low, "high": high}


def summary(values: Mapping[str, Any], *, title: str) -> Metrics:
    """The metrics of a measurement, by what its stage kept: `clean`, `robust` by attack, `tests` by kind and attack."""
    found: Metrics = {"title": title, "model": values["model"], "attacks": values["attacks"], "notes": values["notes"]}
    if "clean" in values:
        clean = values["clean"]
        found["clean"] = share(clean["correct"], of=clean["images"])
        found["false_alarms"] = share(clean["detected"], of=clean["images"])
        found["robust"] = {
            name: {**share(counts["robust"], of=counts["images"]), "outside": counts["outside"]}
            for name, counts in values["robust"].items()
        }
    found["tests"] = {
        kind: {name: _of_verdict(verdict) for name, verdict in verdicts.items()} for kind, verdicts in values["tests"].items()
    }
    return found


def _of_verdict(verdict: Mapping[str, Any]) -> Metrics:
    return {**share(verdict["successes"], of=verdict["samples"]), **{name: verdict[name] for name in TOLD}}


def lowest(metrics: Mapping[str, Any], attack: str) -> Mapping[str, Any]:
    """The verdict on an attack; beside a detector the one of the test that it does worse in, since it has to pass both."""
    verdicts = [verdicts[attack] for verdicts in metrics["tests"].values()]
    return min(verdicts, key=lambda verdict: (verdict["outcome"] == "passed", verdict["share"]))


def passes(metrics: Mapping[str, Any], attack: str) -> bool:
    """Whether an attack passes all tests that there are of a defence."""
    return all(verdicts[attack]["outcome"] == "passed" for verdicts in metrics["tests"].values())
