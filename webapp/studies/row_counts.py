"""Numbers beside the rows of the admin's lists, as subqueries: a list takes as many queries for many rows as for one."""

from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce


def row_count(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """How many of `rows` there are for the row of a list; they are filtered to it already, by their field `by`."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(number=Count("pk")).values("number")), 0)
