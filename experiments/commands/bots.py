"""`bot`: sends simulated participants through a study."""

import argparse
import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from experiments import jobs
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, parse_settings
from experiments.methods.bots import Outcome, Run, TakePart, run_sessions
from experiments.methods.http_bots import take_part_by_http
from experiments.methods.observers.makers import OBSERVERS, make_observer
from experiments.methods.participant_link import Link


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument(
        "--link", required=True, help="the study's link for bots; on the server's own machine the participants' link"
    )
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--observer", choices=OBSERVERS, default="ideal")
    parser.add_argument("--seed", type=int, help="any by default; one run again goes on where it was interrupted")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the observer")
    parser.add_argument("--alpha", type=float, help="similarity: slope of the probability")
    parser.add_argument("--weights", metavar="FILE", help="similarity: LPIPS's channel weights, safetensors")
    parser.add_argument("--backbone", metavar="FILE", help="similarity: torchvision's AlexNet or VGG16 for them, safetensors")
    parser.add_argument(
        "--dropout", type=float, default=0.0, metavar="SHARE", help="of the sessions; these stop and never finish"
    )
    parser.add_argument("--truth", type=Path, help="file of manage.py export_truth; by default var/truth/<study id>.json")
    parser.add_argument("--browser", action="store_true", help="in Chromium instead of plain HTTP")


def send_bots(options: argparse.Namespace) -> None:
    """Send simulated participants through a study and print what came of it."""
    link = Link.parse(options.link)
    truth = options.truth or jobs.VAR / "truth" / f"{link.study}.json"
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    run = Run(observer_name=options.observer, sessions=options.sessions, seed=seed, dropout=options.dropout)
    observer = make_observer(options.observer, settings=_observer_settings(options), truth=truth, study=link.study)
    take_part = _take_part_in_browser() if options.browser else take_part_by_http
    sessions = run_sessions(link, run, observer=observer, take_part=take_part)
    ended: list[Outcome | None] = []
    try:
        for outcome in tqdm(sessions, total=options.sessions, desc=f"{options.observer} observer", leave=False, disable=None):
            ended.append(outcome)
    except KeyboardInterrupt:
        print(f"seed {seed}, {len(ended)} of {options.sessions} sessions\n{summary(*_counted(ended))}")
        raise
    outcomes, taken_part = _counted(ended)
    if not outcomes:
        message = f"all {taken_part} participants of seed {seed} have taken part before"
        raise InputError(field="seed", message=message, remedy="Give another --seed for new ones")
    print(f"seed {seed}\n{summary(outcomes, taken_part)}")


def _counted(ended: Sequence[Outcome | None]) -> tuple[list[Outcome], int]:
    """The outcomes, and how many participants had taken part before."""
    outcomes = [outcome for outcome in ended if outcome is not None]
    return outcomes, len(ended) - len(outcomes)


def _observer_settings(options: argparse.Namespace) -> dict[str, Json]:
    """The settings of the observer; prints the sha256 of the files among them."""
    named = {name: getattr(options, name) for name in ("alpha", "weights", "backbone") if getattr(options, name) is not None}
    settings = {**parse_settings(options.set), **named}
    for name in ("weights", "backbone"):
        if Path(str(settings.get(name, ""))).is_file():
            with Path(settings[name]).open("rb") as file:
                print(f"{name} {settings[name]} sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}")
    return settings


def _take_part_in_browser() -> TakePart:
    try:
        from experiments.methods.browser_bots import take_part_in_browser  # noqa: PLC0415 -- Playwright comes with `dev` only
    except ImportError as error:
        remedy = "Install the extra `dev`, or leave --browser out"
        raise InputError(field="browser", message=f"{error.name} is not installed", remedy=remedy) from error
    return take_part_in_browser


def summary(outcomes: Sequence[Outcome], taken_part: int) -> str:
    """The table at the end of a run of bots."""
    judged = [correct for outcome in outcomes for correct in outcome.judged]
    accuracy = f"{sum(judged) / len(judged):.3f} of {len(judged)} main and catch trials" if judged else "not told by this study"
    finished = sum(outcome.finished for outcome in outcomes)
    rows = {
        "simulated sessions finished": str(finished),
        "left before the end, as --dropout asks": str(len(outcomes) - finished),
        "had taken part before": str(taken_part),
        "answers, with practice": str(sum(outcome.answers for outcome in outcomes)),
        "accuracy": accuracy,
    }
    return "\n".join(f"{label:<42} {value}" for label, value in rows.items())
