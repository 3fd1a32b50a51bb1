"""What an active test says of an attack: rates with intervals, the random attack beside it, and an explanation in words."""

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
RANDOM_SHARE = 0.5
"""A random attack that reaches this share of the attack's rate makes a test easy; our choice, the paper shows both rates."""
DERIVED = (
    *("rate", "successes", "samples", "interval", "lower_bound", "upper_bound", "setup_failures", "violations"),
    *("random_surface", "random_corner", "outcome", "passed", "certified", "words"),
)
Outcome = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """One image under test."""

    setup: str = ""
    """Empty, or why no test could be made of it, which counts against the attack."""
    success: bool = False
    violation: str = ""
    """Empty, or what was wrong with the point that the attack returned."""
    margin: float | None = None
    """Its logit of class 1 less that of class 0, in units of the best boundary point's; None without a point."""
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
    """What the read-outs read."""
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
        """One-sided 95 % bound of the rate (Clopper & Pearson): 59 of 59 give .9505."""
        exact = stats.binomtest(self.successes, self.samples, alternative="greater").proportion_ci(method="exact")
        return float(exact.low)

    @property
    def upper_bound(self) -> float:
        """One-sided 95 % bound of the rate from above."""
        exact = stats.binomtest(self.successes, self.samples, alternative="less").proportion_ci(method="exact")
        return float(exact.high)

    @property
    def setup_failures(self) -> int:
        """Images for which no test could be made; they count as failures of the attack."""
        return sum(bool(one.setup) for one in self.per_sample)

    @property
    def violations(self) -> int:
        """Images for which the attack returned something outside of the rules."""
        return sum(bool(one.violation) for one in self.per_sample)

    @property
    def random_surface(self) -> float:
        """Success rate of random points of the surface, R-ASR."""
        return sum(one.random_surface for one in self.per_sample) / self.samples

    @property
    def random_corner(self) -> float:
        """Success rate of random corners; a ball of `l2` has none and gets further points of the sphere."""
        return sum(one.random_corner for one in self.per_sample) / self.samples

    @property
    def random_rate(self) -> float:
        """The larger of the two."""
        return max(self.random_surface, self.random_corner)

    @property
    def random_proof(self) -> bool:
        """Whether a random attack stays well below the attack, or below the wanted rate if the attack is no better."""
        return self.random_rate < RANDOM_SHARE * max(self.rate, WANTED)

    @property
    def outcome(self) -> Outcome:
        """Passed: rate >= .95, set-ups failed <= 5 %, random well below. Failed: rate < .95. Else undecided: no fair test."""
        if self.rate < WANTED:
            return "undecided" if self.setup_failures > MOST_FAILED_SETUPS * self.samples else "failed"
        return "passed" if self.random_proof and self.setup_failures <= MOST_FAILED_SETUPS * self.samples else "undecided"

    @property
    def passed(self) -> bool:
        """Whether the attack passed."""
        return self.outcome == "passed"

    @property
    def certified(self) -> bool:
        """Whether it passed and 95 % confidence says that its rate is at least .95."""
        return self.passed and self.lower_bound >= WANTED

    @property
    def words(self) -> str:
        """The verdict in sentences."""
        return f"{self.outcome}: {self.successes} of {self.samples}"

    def as_json(self) -> dict[str, Json]:
        """All of it, for result files."""
        derived = {name: getattr(self, name) for name in DERIVED}
        return {**asdict(self), **derived}
