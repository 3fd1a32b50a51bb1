"""Where participants come from, how recruiters know them, and what they are paid."""

import uuid

from django.conf import settings
from django.db import models

from webapp.participants.data import Data
from webapp.participants.models.people import Participant
from webapp.participants.money import money


class Recruitment(models.Model):
    """Where the participants of a study come from, and what they are paid. Money is in minor units, such as cents."""

    class Recruiter(models.TextChoices):
        """Prolific, Amazon Mechanical Turk, or a link that somebody passes on."""

        DIRECT = "direct"
        PROLIFIC = "prolific"
        MTURK = "mturk"

    recruiter = models.CharField(
        max_length=10, choices=Recruiter.choices, default=Recruiter.DIRECT, help_text="Who sends the participants"
    )
    external_study_id = models.CharField(max_length=64, blank=True, help_text="Of the study (Prolific) or HIT (MTurk)")
    reward = models.PositiveIntegerField(default=0, help_text="Minor units, for everybody who finishes")
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217")
    completion_codes = models.JSONField(default=dict, help_text="Outcome to the recruiter's code for it")
    strangers = models.PositiveIntegerField(
        default=0, editable=False, help_text="Submissions handed in there by people who are not here, as the recruiter told last"
    )
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was made")

    DATA = Data(
        purpose="Where participants come from and what they are paid",
        kept="For good",
        erasure="Nothing",
        none="recruiter external_study_id reward currency strangers created_at",
        credential="completion_codes",
    )

    def __str__(self) -> str:
        return f"{self.recruiter} {self.external_study_id}".strip()

    @property
    def warning(self) -> str:
        """What a researcher has to know before people come by it; empty if there is nothing."""
        if self.recruiter != self.Recruiter.PROLIFIC or settings.PROLIFIC_TOKEN:
            return ""
        return (
            "PROLIFIC_TOKEN is not set, so that Prolific cannot be asked whose an id is: whoever comes first with somebody's id "
            "keeps their session, and the person is turned away. Nobody is paid through us either. Set it before you publish the "
            "study there."
        )


class Submission(models.Model):
    """A participation as the recruiter sees it. The only table with ids of persons in clear; erasure empties it."""

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="submissions", help_text="Whose ids these are"
    )
    recruitment = models.ForeignKey(
        Recruitment, on_delete=models.PROTECT, related_name="submissions", help_text="Through which the person came"
    )
    external_participant_id = models.CharField(max_length=64, help_text="The recruiter's id of the person")
    external_id = models.CharField(max_length=64, help_text="The recruiter's id of the submission or assignment")
    state = models.CharField(max_length=24, blank=True, help_text="As the recruiter told last")
    checked_at = models.DateTimeField(null=True, help_text="When the recruiter was asked last")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When the person came")

    DATA = Data(
        purpose="To pay people through their recruiter, and to erase them when the recruiter names them",
        kept="Until `personal_ids_until` of the study; else until erased",
        erasure="Deleted",
        seen_by="`participants.view_submission`; the ids with `participants.see_external_ids` alone",
        pseudonymous="participant recruitment state checked_at created_at",
        personal="external_participant_id external_id",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruitment", "participant"], name="one_submission_per_person"),)
        permissions = (("see_external_ids", "Can see the recruiters' ids of persons"),)

    def __str__(self) -> str:
        return f"{self.recruitment} {self.state}"


class Payment(models.Model):
    """A line of the ledger: one participant is paid once for one reason."""

    class State(models.TextChoices):
        """SENT is written before the recruiter is asked; what became of it then is found out, never assumed."""

        PLANNED = "planned"
        APPROVED = "approved"
        SENT = "sent"
        PAID = "paid"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, help_text="Random id")
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="payments", help_text="Who is paid; nobody once they are erased"
    )
    recruitment = models.ForeignKey(
        Recruitment, on_delete=models.PROTECT, related_name="payments", help_text="For taking part through which"
    )
    reason = models.CharField(max_length=60, help_text="`base`, or what the bonus is for")
    amount = models.PositiveIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED, help_text="How far the payment is")
    order_id = models.CharField(
        max_length=64, blank=True, help_text="The recruiter's id of the order, stored before it is carried out"
    )
    error = models.TextField(blank=True, help_text="Why it failed; may quote the recruiter")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was planned")
    changed_at = models.DateTimeField(auto_now=True, help_text="When its state last changed")

    DATA = Data(
        purpose="The books: everybody is paid once",
        kept="For good; order and error until `personal_ids_until` of the study",
        erasure="Amount, reason and state stay; moved to a participant behind whom nobody is, without order and error",
        pseudonymous="id participant recruitment reason amount currency state created_at changed_at",
        personal="order_id error",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["recruitment", "participant", "reason"], name="one_payment_per_reason"),)

    def __str__(self) -> str:
        return f"{money(self.amount, self.currency)} for {self.reason}: {self.state}"


class HookDelivery(models.Model):
    """A notice of a recruiter that was taken, so that a copy of it is not taken again."""

    signature_sha256 = models.CharField(max_length=64, primary_key=True, help_text="sha256 of the notice's signature")
    received_at = models.DateTimeField(auto_now_add=True, help_text="When it came")

    DATA = Data(
        purpose="So that a copy of a notice is not taken for a new one",
        kept="An hour",
        erasure="Nothing",
        seen_by="Nobody",
        none="signature_sha256 received_at",
    )

    def __str__(self) -> str:
        return f"{self.signature_sha256[:8]} of {self.received_at}"
