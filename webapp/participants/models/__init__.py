"""The tables of participants: who agreed to what, where they came from, what they are paid; an audit."""

from webapp.participants.models.audit import AuditEntry as AuditEntry
from webapp.participants.models.people import Consent as Consent
from webapp.participants.models.people import ConsentText as ConsentText
from webapp.participants.models.people import Participant as Participant
from webapp.participants.models.recruitment import HookDelivery as HookDelivery
from webapp.participants.models.recruitment import Payment as Payment
from webapp.participants.models.recruitment import Recruitment as Recruitment
from webapp.participants.models.recruitment import Submission as Submission
