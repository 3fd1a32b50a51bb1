"""Log lines without ids: JSON for machines, words on a terminal. Called by Django's settings and by both Celery apps.

What we say ourselves stands in named fields. All other text, such as libraries' and exceptions', is scrubbed as a last guard.
"""

import logging.config
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

FIELDS = (
    *("view", "method", "status", "ms"),
    *("task", "kind", "digest", "state", "seconds"),
    *("job", "payment", "recruitment", "attempt"),
)
"""What may be given as `extra`; written as it is."""
HIDDEN = "…"
FRAMES = 12
"""Of a traceback, the innermost are shown."""
BEFORE_ADDRESS = {"django.request": ": ", "django.security": ": ", "gunicorn": " /"}
"""Loggers that end their lines with an address, and what stands before it."""
IDS = re.compile(
    r"""
      \?\S+                                                # query strings
    | [\w.+-]+@[\w-]+\.[\w.]+                              # addresses of mail
    | \b(?:\d{1,3}\.){3}\d{1,3}\b                          # IPv4
    | (?:[0-9a-fA-F]{1,4}:){3,}[0-9a-fA-F]{1,4}            # IPv6
    | [0-9a-fA-F:]*::[0-9a-fA-F:]+                         # IPv6, shortened
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b      # ids of rows
    | \b[0-9a-fA-F]{16,}\b                                 # Prolific's ids, hashes
    | \b(?=[A-Z]*\d)[A-Z0-9]{10,}\b                        # ids of Mechanical Turk
    | (?<![\w.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,} # tokens
    | (?<![\w.-])[\w-]{32,}                               # secrets without a digit
    """,
    re.VERBOSE,
)
QUOTED = re.compile(r"(?<!\w)'[^'\n]*'|\"[^\"\n]*\"|=\([^)\n]*\)")


def logging_settings() -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything goes to standard error, one line an event."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": line_formatter, "is_terminal": sys.stderr.isatty()}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # They have handlers of their own, which know nothing of scrubbing.
            "django": {"handlers": [], "level": "INFO"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
            # It would log addresses with the ids of submissions.
            "httpx": {"level": "WARNING"},
            # They would log what tasks are given and return; `task_log` says what of it is of use.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }


def configure(**_: object) -> None:
    """Log so from now on; a receiver of Celery's signal `setup_logging`, which then leaves logging alone."""
    logging.config.dictConfig(logging_settings())


def line_formatter(*, is_terminal: bool) -> logging.Formatter:
    """The formatter of all lines."""
    renderer: Any = structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
        ],
        processors=[
            scrub_event,
            # After scrubbing: the request's id is of our making.
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderer,
        ],
    )


def scrub_event(_logger: WrappedLogger, _level: str, line: EventDict) -> EventDict:
    """Take addresses, ids and what may quote them out of a line's text and its exception."""
    event = str(line["event"])
    for logger, sign in BEFORE_ADDRESS.items():
        if str(line.get("logger", "")).startswith(logger):
            event = event.partition(sign)[0]
    exc_info = line.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[1] is not None:
        event = QUOTED.sub(HIDDEN, event)
        line["error"], line["at"] = _chain(exc_info[1]), _frames(exc_info[2])
    line["event"] = scrub(event)
    return line


def scrub(text: str) -> str:
    """The text with everything hidden that looks like an id, a secret or an address."""
    return IDS.sub(HIDDEN, text)


def _chain(error: BaseException | None) -> list[str]:
    """An exception and what caused it, each as its name and the first line of its message, without what that quotes."""
    said = []
    while error is not None:
        first = str(error).partition("\n")[0]
        # A KeyError's whole message is the key.
        message = HIDDEN if isinstance(error, LookupError) else scrub(QUOTED.sub(HIDDEN, first))
        said.append(f"{type(error).__name__}: {message}")
        error = error.__cause__ or error.__context__
    return said


def _frames(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]
