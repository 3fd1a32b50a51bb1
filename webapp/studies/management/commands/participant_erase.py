"""`manage.py participant_erase --external-id ID [--recruiter R] | --session ID [--dry-run]`: erase what a person answered."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from experiments.contract.errors import InputError
from webapp.management import InputCommand
from webapp.participants.erasure import participants_known_as
from webapp.participants.models import Participant, Recruitment
from webapp.studies.erasure import erasure_preview, sessions_erase
from webapp.studies.models import Session


class Command(InputCommand):
    """Erase a person with all their sessions, or one session. Exports and backups made before are yours to clean."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--external-id", help="the recruiter's id of the person")
        whom.add_argument("--session", type=UUID, help="id of a session")
        parser.add_argument("--recruiter", default="direct", help=", ".join(Recruitment.Recruiter.values))
        parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")

    def run(self, options: dict[str, Any]) -> None:
        """Erase, and say what went."""
        persons: list[Participant] = []
        if options["session"]:
            sessions = Session.objects.filter(id=options["session"])
        else:
            persons = participants_known_as(options["external_id"], recruiter=options["recruiter"])
            sessions = Session.objects.filter(participant__in=persons)
        if not persons and not sessions.exists():
            field = "session" if options["session"] else "external-id"
            remedy = "Check the id and the recruiter; perhaps it is erased already"
            raise InputError(field=field, message="nothing is known of it", remedy=remedy)
        is_dry = options["dry_run"]
        erasure = erasure_preview(list(sessions), persons=persons) if is_dry else sessions_erase(sessions, persons=persons)
        self.stdout.write("This would be erased:" if is_dry else "Erased:")
        told = asdict(erasure)
        exports = told.pop("exports")
        for name, value in told.items():
            self.stdout.write(f"  {name}: {', '.join(value) or 'none' if isinstance(value, tuple) else value}")
        for export in exports:
            self.stdout.write(f"  clean what was exported: {export}")
