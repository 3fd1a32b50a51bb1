"""Admin pages of participants, recruitments and the ledger; Django finds them through this file."""

from webapp.participants.admin import audit, ledger, people, recruitment

__all__ = ["audit", "ledger", "people", "recruitment"]
