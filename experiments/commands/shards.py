"""`shards`: counts, de-duplicates, labels and subsamples WebDataset shards in one process or several; a killed one goes on."""

import argparse
import os
from pathlib import Path

SAMPLES_PER_SHARD = 10_000


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    tasks = parser.add_subparsers(required=True, metavar="TASK", dest="task")
    count = tasks.add_parser("count", help="what is in the shards: samples, images, what is broken")
    deduplicate = tasks.add_parser("deduplicate", help="find equal images, copies, and images that look alike")
    deduplicate.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a field of the de-duplication")
    label = tasks.add_parser("label", help="sort the images by domain: natural, rendition, ambiguous")
    label.add_argument("--classifier", required=True, metavar="MODEL", help="a domain classifier of the zoo")
    subsample = tasks.add_parser("subsample", help="write exactly so many samples as new shards")
    subsample.add_argument(
        "--mix", action="append", default=[], metavar="LIST[=SHARE]", help="file of keys, one a line, and its share; 1"
    )
    subsample.add_argument("--size", type=int, metavar="N", help="samples in all; left out, all of the lists")
    subsample.add_argument("--seed", type=int, default=0, help="smaller selections of one seed are parts of larger ones")
    subsample.add_argument("--samples-per-shard", type=int, default=SAMPLES_PER_SHARD, metavar="N", help=f"{SAMPLES_PER_SHARD}")
    for task in (count, deduplicate, label, subsample):
        task.add_argument("--shards", nargs="+", required=True, metavar="TAR", help="paths; /data/{000..146}.tar stands for many")
        task.add_argument("--out", type=Path, required=True, help="folder for what is made")
        task.add_argument("--device", default=os.environ.get("DEVICE", "cpu"))
        task.add_argument("--processes", type=int, default=1, metavar="N", help="shards that are worked on side by side; 1")


def work_on_shards(options: argparse.Namespace) -> None:
    """Do one of the tasks; what was made before an interruption is not made again."""
    from experiments.commands import shard_tasks  # noqa: PLC0415 -- torch takes seconds, which other commands need not

    shard_tasks.TASKS[options.task](options)
