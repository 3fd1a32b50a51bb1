"""Debian's Firefox, driven by Playwright over WebDriver BiDi. Called by fixtures, and by the benchmark of timing."""

import os
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Playwright

RELAY = Path(__file__).parents[2] / "static" / "tests" / "firefox.mjs"


def launch(
    playwright: Playwright,
    path: str,
    *,
    preferences: Mapping[str, str | float | bool] | None = None,
    witness_port: int | None = None,
) -> Browser:
    """The browser at `path`, with `preferences` as on about:config; a witness at that port may do all that Firefox itself may."""
    environment = {**os.environ, "FIREFOX": path}
    arguments = []
    if witness_port:
        environment["RELAY_PORT"] = str(witness_port)
        arguments.append("--remote-allow-system-access")
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=RELAY,
        args=arguments,
        firefox_user_prefs=dict(preferences or {}),
        env=environment,
    )
