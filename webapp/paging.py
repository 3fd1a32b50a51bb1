"""Pages of REST's lists."""

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class Pages(LimitOffsetPagination):
    """`?limit=` and `?offset=`, neither larger than a database takes."""

    max_limit = 1000
    max_offset = 2**31

    def get_offset(self, request: Request) -> int:
        """Behind the last row a page is empty, however far behind."""
        return min(super().get_offset(request), self.max_offset)
