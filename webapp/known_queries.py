"""What may stand behind the `?` of an address: what the OpenAPI document says of it, and nothing else.

DRF asks `KnownQuery` after who may, before every view of REST and of the participants' interface.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.settings import spectacular_settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from experiments.contract.errors import InputError

CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
Schema = Mapping[str, Any]


class KnownQuery(BasePermission):
    """Refuses a name that the document does not have there, one value too many, and a value that it does not list."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True.

        Raises:
            InputError: Something is asked that would not be heard.
        """
        known = _documented().get(_operation(request)) if request.query_params else None
        if known is None:
            # Nothing is asked, or by a method that will be refused.
            return True
        for name, values in request.query_params.lists():
            if name not in known:
                remedy = f"Choose of {', '.join(known)}" if known else "Leave it out: nothing is asked by name here"
                raise InputError(field=name, message="is unknown", remedy=remedy)
            _require_listed(name, values, known[name])
        return True


def _require_listed(name: str, values: list[str], schema: Schema) -> None:
    takes_several = schema["type"] == "array"
    if len(values) > 1 and not takes_several:
        raise InputError(field=name, message=f"is given {len(values)} times", remedy="Give it once")
    choices = (schema["items"] if takes_several else schema).get("enum")
    for value in values:
        if choices and value not in choices:
            raise InputError(field=name, message=f"{value[:100]!r} is unknown", remedy=f"Choose one of {', '.join(choices)}")


def _operation(request: Request) -> tuple[str, str]:
    """Path and method, as the document spells them; what answers to GET answers to HEAD alike."""
    assert request.resolver_match  # noqa: S101 -- or no view were asked
    path = CONVERTER.sub(r"{\1}", request.resolver_match.route)
    return f"/{path}", {"HEAD": "get"}.get(str(request.method), str(request.method).lower())


@cache
def _documented() -> dict[tuple[str, str], dict[str, Schema]]:
    """The query parameters of each operation with their schemas, read once, by the first who asks for anything."""
    # By its setting: the class itself cannot be imported while DRF reads which permissions there are.
    paths = spectacular_settings.DEFAULT_GENERATOR_CLASS().get_schema(request=None, public=True)["paths"]
    return {
        (path, method): {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
