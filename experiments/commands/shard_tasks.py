"""The tasks of `shards`: each has its artifacts made, writes lists or new shards into a folder, and says what they hold."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from experiments import jobs
from experiments.commands.processes import ManyProcesses
from experiments.commands.progress import progress_bar
from experiments.commands.stimulus import write_files
from experiments.contract.artifacts import ArtifactStore, Manifest
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, build, parse_settings, require, require_number
from experiments.contract.local_models import bring_models
from experiments.contract.recipes import Deduplication, ShardContents, ShardLabels, ShardList, ShardSelection
from experiments.contract.recipes.shards import SMALLEST_SHARE
from experiments.datasets.archives import expand
from experiments.methods.shards.labels import keys_by_domain
from experiments.methods.shards.listed import Listed
from experiments.methods.shards.writing import write_selection
from experiments.methods.threads import use_threads
from experiments.workshop import LocalWorkshop


def count(options: argparse.Namespace) -> None:
    """Write `keys.txt` and `count.json`."""
    with _workshop(options) as workshop:
        listed = Listed.of(_listing(options, workshop), workshop)
        _write_lists(options.out, ({"keys": contents.keys} for contents in listed.contents()))
    shards = [{"path": one.recipe["path"], **one.values} for one in listed.manifests]
    _write_json(options.out / "count.json", {**listed.lost, "shards": shards})
    _tell_loss(listed.lost)
    print(f"{len(listed)} samples in {len(shards)} shards; keys.txt and count.json in {options.out}")


def deduplicate(options: argparse.Namespace) -> None:
    """Write `kept.txt`, `duplicates.csv`, `unreadable.csv`, `groups.png` and the numbers."""
    settings = parse_settings(options.set)
    with _workshop(options) as workshop:
        bring_models(settings, store=workshop.store)
        made = workshop.obtain(build(Deduplication, {**settings, "listing": _listing(options, workshop)}))
        write_files(made, store=workshop.store, out=options.out)
    _tell_loss(made.values)
    kept, samples, unreadable = (made.values[name] for name in ("kept", "samples", "unreadable"))
    removed = ", ".join(f"{number} by {how}" for how, number in made.values["removed"].items())
    print(f"{kept} of {samples} samples kept, removed {removed}, {unreadable} unreadable")
    print(f"kept.txt, duplicates.csv, unreadable.csv and, where there are any, groups.png in {options.out}")


def label(options: argparse.Namespace) -> None:
    """Write a list of keys for each domain, and `labels.json` with the counts."""
    with _workshop(options) as workshop:
        bring_models({"classifier": options.classifier}, store=workshop.store)
        listed = Listed.of(_listing(options, workshop), workshop)
        recipes = [build(ShardLabels, {**shard, "classifier": options.classifier}) for shard in listed.shards]
        counts = _write_lists(options.out, keys_by_domain(listed, workshop.obtain_all(recipes)))
    _write_json(options.out / "labels.json", {**listed.lost, "classifier": options.classifier, "counts": counts})
    _tell_loss(listed.lost)
    print(", ".join(f"{number} {domain}" for domain, number in counts.items()) + f"; a list of each in {options.out}")


def subsample(options: argparse.Namespace) -> None:
    """Write new shards and `index.json`."""
    asked = options.size
    require(asked is None or asked >= 1, "size", f"{asked} are too few", "Give a number from 1, or leave it out for all samples")
    with _workshop(options) as workshop:
        lists = tuple(_mixed(word, store=workshop.store) for word in options.mix)
        selection = ShardSelection(listing=_listing(options, workshop), lists=lists, size=asked or 0, seed=options.seed)
        chosen = workshop.obtain(selection)
        written = write_selection(
            chosen,
            store=workshop.store,
            out=options.out,
            per_shard=options.samples_per_shard,
            writers=options.processes,
            report=workshop.report,
        )
    _tell_loss(chosen.values)
    for word, taken, available in zip(options.mix, chosen.values["counts"], chosen.values["available"], strict=False):
        print(f"{taken} of {available} samples of {word}")
    print(f"{sum(one.samples for one in written)} samples in {len(written)} new shards; they and index.json in {options.out}")


TASKS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "count": count,
    "deduplicate": deduplicate,
    "label": label,
    "subsample": subsample,
}


@contextmanager
def _workshop(options: argparse.Namespace) -> Iterator[LocalWorkshop]:
    require(options.processes >= 1, "processes", f"{options.processes} are too few", "Give a number from 1")
    out = options.out
    require(out.is_dir() or not out.exists(), "out", f"{out} is no folder", "Give a folder, which is made if it is missing")
    use_threads()
    store = ArtifactStore(jobs.artifact_url())
    store.sweep()
    with progress_bar() as report:
        if options.processes == 1:
            yield LocalWorkshop(store=store, device=options.device, report=report)
        else:
            yield ManyProcesses(store=store, device=options.device, report=report, processes=options.processes)


def _listing(options: argparse.Namespace, workshop: LocalWorkshop) -> str:
    """The digest of the list of shards as they are now."""
    paths = [path for word in options.shards for path in expand(word)]
    shards = tuple(ShardContents.at(path).as_json() for path in paths)
    recipe = ShardList(shards=tuple({name: value for name, value in one.items() if name != "kind"} for one in shards))
    return workshop.obtain(recipe).digest


def _mixed(word: str, *, store: ArtifactStore) -> Mapping[str, Json]:
    """A word of the command line, `LIST=SHARE` or `LIST`, as a selection takes it."""
    name, separator, share = word.rpartition("=")
    path, text = (Path(name), share) if separator else (Path(word), "1")
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(field="mix", message=f"{text!r} is no share", remedy="Write --mix LIST or --mix LIST=3") from error
    require_number("mix", number, SMALLEST_SHARE, 1 / SMALLEST_SHARE)
    require(path.is_file(), "mix", f"there is no file {path}", "Give a file of keys, one a line")
    sha256 = store.write_blob(path.read_bytes())
    return {"sha256": sha256, "share": number, **_origin(path, sha256=sha256, store=store)}


def _origin(path: Path, *, sha256: str, store: ArtifactStore) -> Mapping[str, Json]:
    """The artifact of a list, if a manifest that was written beside it tells of its bytes and the artifact is in this store."""
    try:
        manifest = Manifest.from_json(json.loads((path.parent / "manifest.json").read_bytes()))
    except (OSError, ValueError, TypeError, KeyError):
        # There is none, or one of another program.
        return {}
    its = sha256 in {file.sha256 for file in manifest.files} and store.manifest(manifest.digest) is not None
    return {"origin": manifest.digest} if its else {}


def _write_lists(folder: Path, shards: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, int]:
    """Write lists of keys shard by shard, and count them."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    with ExitStack() as opened:
        files: dict[str, TextIO] = {}
        for lists in shards:
            for name, keys in lists.items():
                if name not in files:
                    files[name], counts[name] = opened.enter_context((folder / f"{name}.txt").open("w", encoding="utf-8")), 0
                files[name].writelines(f"{key}\n" for key in keys)
                counts[name] += len(keys)
    return counts


def _write_json(path: Path, body: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1))


def _tell_loss(values: Mapping[str, Any]) -> None:
    """Say what could not be read of the shards."""
    for one in values["broken"]:
        print(f"{one['shard']} {one['reason']}")
    if values["images_lost"]:
        print(f"at least {values['images_lost']} images are lost behind the breaks")
    if values["without_image"]:
        print(f"{values['without_image']} samples have no image")
