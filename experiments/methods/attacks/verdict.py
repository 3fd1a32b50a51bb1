"""What an active test says of an attack: rates with intervals, the random attack beside it, and an explanation in words."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Literal

from scipy import stats

from experiments.contract.fields import Json
from experiments.methods.attacks.gradients import Gradient
from experiments.methods.attacks.options import Options
from experiments.methods.statistics.intervals import wilson_interval

WANTED = 0.95
"""Success rate of a passing attack (Zimmermann et al. 2022)."""
MOST_FAILED_SETUPS = 0.05
MOST_RANDOM = 0.5
"""A test that random points solve more often is too easy to show anything; the limit is ours, the paper shows the rate."""
Outcome = Literal["passed", "failed", "undecided"]
DERIVED = (
    *("outcome", "passed", "certified", "rate", "successes", "samples", "interval", "lower_bound", "random_surface"),
    *("random_corner", "setup_failures", "violations", "words"),
)


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """One image under test."""

    setup: str = ""
    """Empty, or why no test could be made of it, which counts against the attack."""
    success: bool = False
    violation: str = ""
    """Empty, or what was wrong with the point that the attack returned."""
    score: float | None = None
    """Of that point, on a scale where the best boundary point has 1; above `closeness` it is of class 1. None without a point."""
    random_surface: bool = False
    random_corner: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of one attack on one test."""

    name: str
    per_sample: tuple[SampleResult, ...]
    options: Options
    queries: int
    """Random points of each kind that the random attacks had for each image."""
    features: int
    """Numbers that a read-out reads."""
    gradient: Gradient
    """Of the binary models with regard to images, at the clean images."""
    has_detector: bool

    @property
    def hardness(self) -> float:
        """The threshold's place between 0 and the score of the most confident boundary point."""
        return self.options.closeness

    @property
    def samples(self) -> int:
        """Images under test, those without a set-up among them."""
        return len(self.per_sample)

    @property
    def successes(self) -> int:
        """Adversarial images found, inside of the ball and the range."""
        return sum(one.success for one in self.per_sample)

    @property
    def rate(self) -> float:
        """Attack success rate, ASR."""
        return self.successes / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the rate."""
        low, high, _ = wilson_interval(self.successes, trials=self.samples)
        return low or 0.0, 1.0 if high is None else high

    @property
    def lower_bound(self) -> float:
        """One-sided exact 95 % bound of the rate (Clopper & Pearson): 59 of 59 give .9505."""
        found = stats.binomtest(self.successes, self.samples, alternative="greater")
        return float(found.proportion_ci(confidence_level=0.95, method="exact").low)

    @property
    def setup_failures(self) -> int:
        """Images for which no test could be made; they count as failures of the attack."""
        return sum(bool(one.setup) for one in self.per_sample)

    @property
    def violations(self) -> int:
        """Images for which the attack returned something outside of the rules."""
        return sum(bool(one.violation) for one in self.per_sample)

    @property
    def usable(self) -> int:
        """Images that have a set-up, on which alone random points can be tried; at least 1, as a divisor."""
        return max(1, self.samples - self.setup_failures)

    @property
    def random_surface(self) -> float:
        """Success rate of random points of the surface, R-ASR, of the usable images."""
        return sum(one.random_surface for one in self.per_sample) / self.usable

    @property
    def random_corner(self) -> float:
        """Success rate of random corners, likewise; a ball of `l2` has none and gets further points of the sphere."""
        return sum(one.random_corner for one in self.per_sample) / self.usable

    @property
    def random_rate(self) -> float:
        """The larger of the two."""
        return max(self.random_surface, self.random_corner)

    @property
    def outcome(self) -> Outcome:
        """Of a fair test passed or failed: whether the rate is at least .95, failed set-ups counted against the attack.

        Fair: at most 5 % of the set-ups failed, and random points solve at most half of the others. A test that was not fair
        leaves it undecided, unless the rate would be below .95 even if each failed set-up were a success.
        """
        if self.setup_failures <= MOST_FAILED_SETUPS * self.samples and self.random_rate <= MOST_RANDOM:
            return "passed" if self.rate >= WANTED else "failed"
        return "undecided" if (self.successes + self.setup_failures) / self.samples >= WANTED else "failed"

    @property
    def passed(self) -> bool:
        """Whether the attack passed."""
        return self.outcome == "passed"

    @property
    def certified(self) -> bool:
        """Whether it passed, and 95 % confidence says that its rate is at least .95."""
        return self.passed and self.lower_bound >= WANTED

    @property
    def words(self) -> str:
        """The verdict in sentences, for the author of the defence."""
        return " ".join([*self._about_the_rate(), *self._about_chance(), *self._about_trouble()])

    def as_json(self) -> dict[str, Json]:
        """All of it, for result files."""
        return {**{name: getattr(self, name) for name in DERIVED}, **asdict(self)}

    def __str__(self) -> str:
        low, high = self.interval
        rows = {
            "attack": self.name,
            "verdict": f"{self.outcome}{', certified' if self.certified else ''}",
            "success rate": f"{self.rate:.3f} ({self.successes} of {self.samples}; 95 % interval {low:.3f} to {high:.3f})",
            "random attack": f"surface {self.random_surface:.3f}, corners {self.random_corner:.3f} ({self.queries} points each)",
            "set-ups failed": str(self.setup_failures),
            "broken rules": str(self.violations),
            "test": f"{self.options.norm}, eps {self.options.eps:.4g}, {self.options.inner} inner and {self.options.boundary} "
            f"boundary points, closeness {self.hardness:g}, {self.features} features",
        }
        return "\n".join([f"{name:<15} {value}" for name, value in rows.items()] + ["", self.words])

    def _about_the_rate(self) -> list[str]:
        first = f"{self.name} found {self.successes} of {self.samples} adversarial images that are known to exist."
        if self.outcome == "passed":
            certificate = "" if self.certified else "; to be sure of .95 take more samples (59 of 59 suffice)"
            second = (
                f"It PASSES: at least {WANTED:.0%} are wanted; with 95% confidence its rate is at least {self.lower_bound:.3f}"
            )
            return [first, f"{second}{certificate}.", "The attack works on this model; that does not make the model robust."]
        if self.outcome == "failed":
            meaning = "It misses adversarial images that are there: do not trust a robust accuracy measured with it."
            return [first, f"It FAILS: at least {WANTED:.0%} are wanted.", meaning]
        return [first, "UNDECIDED: the test was not fair, for the reasons that follow."]

    def _about_chance(self) -> list[str]:
        chance = f"{self.queries} random points of each kind solve {self.random_rate:.1%} of the set-ups"
        told: list[str] = []
        if self.random_rate > self.successes / self.usable:
            told.append(f"ASR below R-ASR: the attack is broken; {chance}, more than the attack.")
        if self.random_rate > MOST_RANDOM:
            told.append(f"NOT RANDOM-PROOF: an easy test; {chance}. Take more `inner` points or a higher `closeness`.")
        return told or [f"As a control, {chance}."]

    def _about_trouble(self) -> list[str]:
        setups = Counter(one.setup for one in self.per_sample if one.setup)
        broken = Counter(one.violation.split(":")[0] for one in self.per_sample if one.violation)
        points = (self.options.inner + self.options.boundary + self.options.references) * self.options.repeats
        kind = {"present": "", "absent": "no gradients", "zero": "gradients of zero"}[self.gradient]
        other = "normal" if self.options.inverted else "inverted"
        aim = "had to be detected" if self.options.inverted else "had to pass the detector"
        told = {
            f"The model has {kind} with regard to images: take a black-box attack or replace what hides them (BPDA).": bool(kind),
            f"There are fewer features ({self.features}) than points ({points}), which alone can make fits fail.": (
                self.features < points
            ),
            f"Adversarial images {aim}; an evaluation has to pass the {other} test, too.": self.has_detector,
            f"An image counts as adversarial if more than half of {self.options.repeats} passes say so.": self.options.repeats
            > 1,
        }
        share = self.setup_failures / self.samples
        too_many = f"TOO FEW SET-UPS: {share:.1%} failed, and at most {MOST_FAILED_SETUPS:.0%} may."
        return [
            *([too_many] if share > MOST_FAILED_SETUPS else []),
            *(f"No test could be made of {count} samples, which count against it: {why}." for why, count in setups.items()),
            *(f"For {count} samples the attack returned what does not count: {why}." for why, count in broken.items()),
            *(words for words, applies in told.items() if applies),
        ]
