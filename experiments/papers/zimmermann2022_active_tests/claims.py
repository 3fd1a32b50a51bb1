"""Claims of Zimmermann et al. 2022 and of its targets at our scale; the README says what was chosen after looking at results."""

from collections.abc import Mapping
from typing import Any

from experiments.contract.claims import Claim, Result
from experiments.papers.zimmermann2022_active_tests.analysis import lowest, passes
from experiments.papers.zimmermann2022_active_tests.networks import DEFENCES, SEVEN

ABSTRACT = "Zimmermann et al. 2022, abstract"
OURS = "this project"
PAPER_RULE = "an attack passes at a success rate of .95 or more"
NO_FIGURE = "no figure known here"
SMOKE = "smoke"
WANTED, CLAIMED = 0.95, 0.9
IGNORANT = ("original", "smallest")
"""Attacks that ignore a detector."""
CONTROLS = tuple(name for name in SEVEN if DEFENCES[name].is_control)

Judged = tuple[str, bool | None] | None
Found = Mapping[str, Any]


def _judged(result: Result, value: str, holds: bool | None) -> Judged:
    return value, None if result["recipe"]["preset"] == SMOKE else holds


def _rate(verdict: Found) -> str:
    words = f"{verdict['share']:.3f} [{verdict['low']:.3f}, {verdict['high']:.3f}]"
    certified = ", certified" if verdict["certified"] else ""
    return f"{words}, {verdict['outcome']}{certified}, random {verdict['random_corner']:.2f}"


def _accuracy(share: Found) -> str:
    return f"{share['share']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"


def _controls(result: Result) -> Judged:
    found = {name: result["metrics"][name] for name in CONTROLS if name in result["metrics"]}
    if len(found) < len(CONTROLS):
        return None
    value = "; ".join(f"{one['title']}: {_rate(lowest(one, 'adequate'))}" for one in found.values())
    return _judged(result, value, all(passes(one, "adequate") for one in found.values()))


def _masked(name: str) -> Any:
    """Gradients say nothing: the original attack claims more than .9 and fails; the adequate one passes and lowers that."""

    def check(result: Result) -> Judged:
        found = result["metrics"].get(name)
        if found is None:
            return None
        claimed, true = found["robust"]["original"], found["robust"]["adequate"]
        value = (
            f"original {_rate(lowest(found, 'original'))}, robust accuracy {_accuracy(claimed)}; "
            f"adequate {_rate(lowest(found, 'adequate'))}, robust accuracy {_accuracy(true)}"
        )
        shown = lowest(found, "original")["outcome"] == "failed" and passes(found, "adequate")
        return _judged(result, value, shown and claimed["share"] > CLAIMED and true["high"] < claimed["low"])

    return check


def _large(result: Result) -> Judged:
    if "large_none" not in result["metrics"]:
        return None
    undefended = result["metrics"]["large_none"]
    value, holds = _masked("large_fine_quantization")(result)
    words = f"undefended: adequate {_rate(lowest(undefended, 'adequate'))}; quantized: {value}"
    return _judged(result, words, None if holds is None else holds and passes(undefended, "adequate"))


def _of_both(found: Found, attack: str) -> str:
    normal, inverted = (_rate(found["tests"][kind][attack]) for kind in ("normal", "inverted"))
    return f"{found['attacks'][attack]['title']}: normal {normal}; inverted {inverted}"


def _is_exposed_by_the_inverted(found: Found, attack: str) -> bool:
    normal, inverted = (found["tests"][kind][attack]["outcome"] for kind in ("normal", "inverted"))
    return bool(normal == "passed" and inverted == "failed")


def _detector(result: Result) -> Judged:
    found = result["metrics"].get("trapdoor")
    if found is None or "inverted" not in found["tests"]:
        return None
    ignorant = [name for name in IGNORANT if name in found["attacks"]]
    value = "; ".join(_of_both(found, name) for name in ignorant)
    return _judged(result, value, any(_is_exposed_by_the_inverted(found, name) for name in ignorant))


def _joint(result: Result) -> Judged:
    found = result["metrics"].get("trapdoor")
    if found is None or "inverted" not in found["tests"]:
        return None
    claimed, true = (_accuracy(found["robust"][name]) for name in ("original", "adequate"))
    value = f"{_of_both(found, 'adequate')}; robust accuracy {claimed} claimed, {true} true"
    return _judged(result, value, passes(found, "adequate"))


def _hardness(result: Result) -> Judged:
    graded = [found for found in result["metrics"].values() if found["part"] == "hardness" and found["defence"] == "none"]
    if len(graded) < 2:
        return None
    graded.sort(key=lambda found: (found["inner"], found["closeness"]))
    easy = min(graded, key=lambda found: (found["closeness"], found["inner"]))
    hard = max(graded, key=lambda found: (found["closeness"], found["inner"]))
    ends = [found["tests"]["normal"]["plain"] for found in (easy, hard)]
    words = [f"{found['inner']} points, closeness {found['closeness']:g}" for found in (easy, hard)]
    value = "; ".join(
        f"{word}: random {end['random_corner']:.3f}, PGD {end['share']:.3f}" for word, end in zip(words, ends, strict=True)
    )
    return _judged(result, value, ends[0]["random_corner"] > ends[1]["random_corner"] and ends[1]["share"] >= WANTED)


def _broken(result: Result) -> Judged:
    found = result["metrics"].get("winners")
    if found is None:
        return None
    plain, averaged = (lowest(found, name) for name in ("plain", "adequate"))
    value = f"PGD {_rate(plain)}; averaged gradients {_rate(averaged)}"
    return _judged(result, value, plain["outcome"] == "failed" and plain["share"] < plain["random_corner"])


def _counted(result: Result) -> Judged:
    found = {name: result["metrics"][name] for name in SEVEN if name in result["metrics"]}
    hidden = {name: one for name, one in found.items() if name not in CONTROLS}
    if len(found) < len(SEVEN):
        return None
    # Where a test is undecided, it is no fair one, and says nothing of the attack.
    failing = [name for name, one in hidden.items() if lowest(one, "original")["outcome"] == "failed"]
    passing = [name for name in failing if passes(found[name], "adequate")]
    breaking = [name for name in passing if found[name]["robust"]["adequate"]["high"] < found[name]["robust"]["original"]["low"]]
    value = (
        f"of {len(hidden)} beside the controls, the original evaluations of {len(failing)} fail "
        f"({', '.join(failing) or 'none'}); "
        f"the adequate attack passes for {len(passing)} of these ({', '.join(passing) or 'none'}) "
        f"and lowers the robust accuracy of {len(breaking)}"
    )
    return _judged(result, value, len(failing) > len(hidden) / 2 and passing == failing == breaking)


def _agreement(result: Result) -> Judged:
    found = result["metrics"].get("agreement")
    if found is None:
        return None
    verdicts = found["tests"]["normal"]
    value = "; ".join(f"{found['attacks'][name]['title']} {one['share']:.3f}" for name, one in verdicts.items())
    outside = sum(one["violations"] for one in verdicts.values())
    agree = max(one["low"] for one in verdicts.values()) <= min(one["high"] for one in verdicts.values())
    return _judged(result, f"{value}; points outside of the ball: {outside}", agree and not outside)


CLAIMS = (
    Claim(
        id="controls",
        statement="An adequate attack passes on an undefended and an adversarially trained network: attacks are tested",
        reported=PAPER_RULE,
        source=ABSTRACT,
        verified=True,
        check=_controls,
    ),
    Claim(
        id="masked",
        statement="The test exposes masked gradients (quantization): the attack that fails it claims more than .9, "
        "the one that passes lowers that",
        reported=f"such evaluations fail, stronger attacks pass and break the defence; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_masked("quantization"),
    ),
    Claim(
        id="thermometer",
        statement="The same of the thermometer code",
        reported=f"one of the case studies; {NO_FIGURE}",
        source="released code, case_studies/thermometer",
        verified=True,
        check=_masked("thermometer"),
    ),
    Claim(
        id="large",
        statement="The same of EfficientNet-Lite0 on photographs and objects, undefended and quantized",
        reported="not in the paper; a larger case of ours",
        source=OURS,
        verified=True,
        check=_large,
    ),
    Claim(
        id="detector",
        statement="Detectors need two tests: one that ignores the detector passes the normal one and fails the inverted one",
        reported=f"both tests are needed; {NO_FIGURE}",
        source="released code, case_studies/dla and trapdoor",
        verified=True,
        check=_detector,
    ),
    Claim(
        id="joint",
        statement="An attack with both aims passes both tests",
        reported=f"stronger attacks pass; {NO_FIGURE}",
        source=ABSTRACT,
        verified=True,
        check=_joint,
    ),
    Claim(
        id="hardness",
        statement="Harder tests are passed by chance more rarely, and by a sound attack as before",
        reported=f"shown by curves; {NO_FIGURE}",
        source="released code, scripts of increased hardness",
        verified=True,
        check=_hardness,
    ),
    Claim(
        id="winners",
        statement="On k-winners-take-all PGD finds less than random corners: the attack is broken",
        reported=f"one of the case studies; {NO_FIGURE}",
        source="released code, case_studies/kwta",
        verified=True,
        check=_broken,
    ),
    Claim(
        id="counted",
        statement="Most original evaluations fail the test; stronger attacks, which break the defences, pass it",
        reported="11 of 13 fail",
        source=ABSTRACT,
        verified=True,
        check=_counted,
    ),
    Claim(
        id="attacks_agree",
        statement="Attacks of one kind agree: their rates on an undefended network, and no point outside of the ball",
        reported="not in the paper; a control of ours",
        source=OURS,
        verified=True,
        check=_agreement,
    ),
)
