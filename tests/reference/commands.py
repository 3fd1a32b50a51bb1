"""The page of all commands, from their parsers."""

import argparse
from collections.abc import Iterator

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

import experiments.__main__
import model_zoo.__main__

DJANGOS_OWN = {action.dest for action in BaseCommand().create_parser("manage.py", "any")._actions}
HEAD = """# Commands

Generated from the code by `python -m tests.reference`. In an installed package `python -m webapp` stands for `python manage.py`.
"""


def commands_page() -> str:
    """Every command with its options."""
    parts = [HEAD]
    for name, command in _management_commands():
        parser = command.create_parser("manage.py", name)
        parts.append(_section(f"python manage.py {name}", command.help, parser, hidden=DJANGOS_OWN))
    for module, words in ((experiments.__main__, "python -m experiments"), (model_zoo.__main__, "python -m model_zoo")):
        parser = module._parser()
        (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        about = {choice.dest: choice.help or "" for choice in commands._choices_actions}
        for name, one in commands.choices.items():
            parts.append(_section(f"{words} {name}", about.get(name, ""), one, hidden={"help"}))
    return "\n".join(parts)


def _management_commands() -> Iterator[tuple[str, BaseCommand]]:
    """Those of our apps, by name."""
    ours = {app.name for app in apps.get_app_configs() if app.name.startswith("webapp.")}
    for name, app in sorted(get_commands().items()):
        if app in ours:
            yield name, load_command_class(app, name)


def _section(title: str, about: str | None, parser: argparse.ArgumentParser, *, hidden: set[str]) -> str:
    rows = [_row(action) for action in parser._actions if action.dest not in hidden]
    table = ["", "| word | meaning |", "|---|---|", *rows] if rows else []
    return "\n".join([f"## `{title}`", "", " ".join((about or "").split("\n\n")[0].split()), *table, ""])


def _row(action: argparse.Action) -> str:
    words = ", ".join(f"`{option}`" for option in action.option_strings) or f"`{action.metavar or action.dest}`"
    told = [" ".join((action.help or "").split())]
    if action.choices:
        told.append("one of " + ", ".join(map(str, action.choices)))
    if action.required and action.option_strings:
        told.append("required")
    if action.default not in (None, False, argparse.SUPPRESS, []):
        told.append(f"default `{action.default}`")
    return f"| {words} | {'; '.join(part for part in told if part)} |".replace("|  |", "| |")
