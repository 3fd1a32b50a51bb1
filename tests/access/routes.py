"""All routes of the web process, as its URL configuration spells them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.urls import URLResolver, get_resolver

APP_LIST = re.compile(r"\(\?P<app_label>[a-z|]+\)")


def routes() -> set[str]:
    """Every route but those of the admin's tables; apps are not spelled out in the admin's lists of models."""
    of_tables = tuple(f"admin/{name.replace('.', '/')}/" for name in admin_models())
    own_pages = re.compile(r"admin/\w+/\w+/(|add/|<path:object_id>/(|history/|delete/|change/))$")
    found = {APP_LIST.sub("(?P<app_label>APPS)", route) for route in _walk(get_resolver().url_patterns, "")}
    return {route for route in found if not (route.startswith(of_tables) and own_pages.match(route))}


def admin_models() -> set[str]:
    """The models whose rows the admin shows."""
    return {model._meta.label_lower for model in admin.site._registry}


def _walk(patterns: Iterable[Any], before: str) -> Iterator[str]:
    for entry in patterns:
        route = f"{before}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, route)
        else:
            yield route
