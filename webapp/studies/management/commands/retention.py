"""`manage.py retention [--dry-run]`: erase what studies keep no longer, as the web worker does; say what goes when."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from webapp.studies.retention import kept_until, retention_apply


class Command(BaseCommand):
    """Erase what is over, and say what is kept until when."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("--dry-run", action="store_true", help="erase nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, then a line for each date."""
        now = timezone.now()
        over = [] if options["dry_run"] else retention_apply(now=now)
        erased = {(kept.study.id, kept.what) for kept in over}
        later = [kept for kept in kept_until(now=now) if (kept.study.id, kept.what) not in erased]
        if not over and not later:
            self.stdout.write("No study keeps anything until a date.")
        for kept in (*over, *later):
            told = "erased" if kept in over else "due now" if kept.is_over(now) else "to come"
            self.stdout.write(f"{kept.study.name}: {kept.what} until {kept.until}: {len(kept.sessions)} sessions {told}")
            if kept.is_over(now) and kept.unpaid:
                self.stdout.write(f"  {kept.unpaid} sessions stay until their persons are paid: see Payments in the admin")
            if kept.is_over(now) and kept.under_way:
                self.stdout.write(f"  {kept.under_way} sessions stay until their lease is over: somebody is at them")
