"""Command line of the catalogue: `python -m model_zoo list | show MODEL | units MODEL [--layer L] | check MODEL`."""

import argparse
import dataclasses
import json
import sys

from model_zoo.address import UnitAddress
from model_zoo.catalogue import card, check_unit, eligible_layers, model_ids
from model_zoo.errors import InputError


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
    return [f"{model_id}\t{card(model_id).title}" for model_id in model_ids()]


def _show(options: argparse.Namespace) -> list[str]:
    body = dataclasses.asdict(card(options.model))
    layers = body.pop("layers")
    return [json.dumps(body, indent=2), *(f"{name}\t{layer['channels']}\t{layer['layout']}" for name, layer in layers.items())]


def _units(options: argparse.Namespace) -> list[str]:
    layers = eligible_layers(options.model)
    if options.layer is not None:
        layers = (check_unit(UnitAddress(options.model, options.layer, 0), aggregation="mean").layer,)
    channels = card(options.model).layers
    return [str(UnitAddress(options.model, layer, channel)) for layer in layers for channel in range(channels[layer].channels)]


def _check(options: argparse.Namespace) -> list[str]:
    from model_zoo.classification import ACCEPTED, check_classification  # noqa: PLC0415 -- torch takes seconds; the others need none

    answers = check_classification(options.model)
    return [f"{options.model} sees {ACCEPTED[name][label]} in {name} ({share:.0%})" for name, label, share in answers]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_zoo", description="Models and their units.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="all models").set_defaults(lines=_list)
    show = commands.add_parser("show", help="the card of a model and its layers")
    show.set_defaults(lines=_show)
    units = commands.add_parser("units", help="addresses of units, by default of the layers from which units are drawn")
    units.add_argument("--layer", help="one layer, drawn from or not")
    units.set_defaults(lines=_units)
    check = commands.add_parser("check", help="classify three photographs and fail if they are taken for something else")
    check.set_defaults(lines=_check)
    for command in (show, units, check):
        command.add_argument("model", metavar="MODEL")
    return parser


if __name__ == "__main__":
    sys.exit(main())
