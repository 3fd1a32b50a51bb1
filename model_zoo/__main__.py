"""Command line: `python -m model_zoo list | show MODEL | units MODEL [--layer L] | check MODEL | inventory MODEL`."""

import argparse
import sys
from collections.abc import Iterable, Sequence

from model_zoo.address import UnitAddress
from model_zoo.catalogue import card, eligible_layers, model_ids, resolve_layer
from model_zoo.errors import InputError
from model_zoo.weight_files import find


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 means bad input."""
    options = _parser().parse_args(arguments)
    try:
        lines = options.lines(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


def _list(_options: argparse.Namespace) -> list[str]:
    return [f"{model_id}\t{card(model_id).title}\t{_whereabouts(model_id)[0]}" for model_id in model_ids()]


def _whereabouts(model_id: str) -> tuple[str, str]:
    """Whether the weights of a model are there, and where or what to do; only a load checks that they are the right ones."""
    try:
        return "weights are there", str(find(card(model_id)))
    except InputError as error:
        return "weights are missing", f"missing. {error.remedy}"


def _show(options: argparse.Namespace) -> list[str]:
    model, eligible = card(options.model), eligible_layers(options.model)
    units = sum(model.layers[layer].channels for layer in eligible)
    top1 = "none" if model.reported_top1 is None else f"{model.reported_top1} (reported)"
    facts = [
        ("id", model.id),
        ("title", model.title),
        ("source", model.source),
        ("license", model.license),
        ("weights", _whereabouts(model.id)[1]),
        ("sha256", model.weights.sha256 or "not published"),
        ("side", f"{model.input_size} px"),
        ("mean", ", ".join(f"{value:.6g}" for value in model.mean)),
        ("std", ", ".join(f"{value:.6g}" for value in model.std)),
        ("top-1", top1),
        ("units", f"{units} in {len(eligible)} layers, those that match {model.eligible}"),
    ]
    layers = [(name, str(layer.channels), layer.layout, "*" * (name in eligible)) for name, layer in model.layers.items()]
    skipped = [(name, f"it {reason}") for name, reason in model.skipped.items()]
    return [
        *_table(facts),
        "",
        *_table([("layer", "channels", "layout", "* units are drawn"), *layers]),
        *(["", *_table([("no layer", "for"), *skipped])] if skipped else []),
    ]


def _table(rows: Sequence[Iterable[str]]) -> list[str]:
    """Lines with the columns below one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _units(options: argparse.Namespace) -> list[str]:
    channels = {name: layer.channels for name, layer in card(options.model).layers.items()}
    one = options.layer is not None
    layers = (resolve_layer(options.layer, model_id=options.model),) if one else eligible_layers(options.model)
    return [str(UnitAddress(options.model, layer, channel)) for layer in layers for channel in range(channels[layer])]


def _check(options: argparse.Namespace) -> list[str]:
    from model_zoo.classification import ACCEPTED, check_classification  # noqa: PLC0415 -- torch takes seconds; the others need none
    from model_zoo.loading import load  # noqa: PLC0415 -- as above

    sha256 = load(options.model, device="cpu").card.weights.sha256
    loaded = f"{options.model} fits its weights with sha256 {sha256}"
    if card(options.model).classes != "imagenet":
        return [loaded, "Its outputs are not ImageNet's classes, so that no photograph is classified"]
    answers = check_classification(options.model)
    return [loaded, *(f"It sees {ACCEPTED[name][label]} in {name} ({share:.0%})" for name, label, share in answers)]


def _inventory(options: argparse.Namespace) -> list[str]:
    from model_zoo.inventory import as_json, inventory  # noqa: PLC0415 -- torch takes seconds; the others need none
    from model_zoo.loading import build  # noqa: PLC0415 -- as above

    model = card(options.model)
    return [as_json(*inventory(build(model), side=model.input_size))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_zoo", description="Models and their units.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="all models, and whether their weights are there").set_defaults(lines=_list)
    show = commands.add_parser("show", help="the card of a model and its layers")
    show.set_defaults(lines=_show)
    units = commands.add_parser("units", help="addresses of units, by default of the layers from which units are drawn")
    units.add_argument("--layer", help="one layer, drawn from or not")
    units.set_defaults(lines=_units)
    check = commands.add_parser("check", help="load a model, and classify three photographs if it can")
    check.set_defaults(lines=_check)
    inventory = commands.add_parser("inventory", help="what the lists of a model's card should be, found by running its network")
    inventory.set_defaults(lines=_inventory)
    for command in (show, units, check, inventory):
        command.add_argument("model", metavar="MODEL", help="id of the network, <architecture>.<weights>")
    return parser


if __name__ == "__main__":
    sys.exit(main())
