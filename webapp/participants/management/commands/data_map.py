"""`manage.py data_map`: write `docs/data-map.md` anew, after a model has changed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from webapp.participants.data_map.page import data_map


class Command(BaseCommand):
    """Write the data map."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        (settings.ROOT / "docs" / "data-map.md").write_text(data_map())
