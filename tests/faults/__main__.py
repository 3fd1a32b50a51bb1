"""`python -m tests.faults --minutes 5`: exit code 1 if anything that was acknowledged is lost, doubled or changed."""

import argparse
import os
import secrets
import signal
import sys

from tests.faults.run import Plan, run

KILLS_PER_MINUTE = 2.4
"""Of each kind: a dozen in five minutes."""


def main() -> int:
    """Read the words of the command, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--bots", type=int, default=200, help="sessions; as many as fit answer at once")
    parser.add_argument("--trials", type=int, default=45, help="of each session")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of kills, network and answers")
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres", help="with Redis, or with files")
    options = parser.parse_args()
    # Ended in any way but -9, it takes all of its processes along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(f"seed {options.seed}", flush=True)
    plan = Plan(
        seconds=60 * options.minutes,
        bots=options.bots,
        trials=options.trials,
        seed=options.seed,
        database=options.database,
        kills=max(2, round(KILLS_PER_MINUTE * options.minutes)),
    )
    try:
        account = run(plan)
    except KeyboardInterrupt:
        print("Stopped; nothing is left of it")
        return 130
    print(account.as_text())
    return 1 if account.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
