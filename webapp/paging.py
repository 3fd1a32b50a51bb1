"""Pages of REST's lists."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from experiments.contract.errors import InputError


class Pages(LimitOffsetPagination):
    """`?limit=` and `?offset=`, neither larger than a database takes."""

    max_limit = 1000
    max_offset = 2**31

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """The page that is asked for.

        Raises:
            InputError: It is asked for by a number that is none or too large.
        """
        _require_number(request, "limit", low=1, high=self.max_limit)
        _require_number(request, "offset", low=0, high=self.max_offset)
        return super().paginate_queryset(queryset, request, view)


def _require_number(request: Request, name: str, *, low: int, high: int) -> None:
    text = request.query_params.get(name, str(low))
    if not text.isascii() or not text.isdigit() or len(text) > len(str(high)) or not low <= int(text) <= high:
        raise InputError(field=name, message=f"{text[:20]!r} is none", remedy=f"Choose {low} to {high}")
