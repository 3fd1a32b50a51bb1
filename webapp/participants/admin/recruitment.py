"""Admin pages of recruitments and of the submissions that recruiters know."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from experiments.contract.errors import InputError
from webapp.participants.amounts import MoneyField
from webapp.participants.ledger import payments_reconcile
from webapp.participants.models import Recruitment, Submission
from webapp.participants.money import money
from webapp.participants.recruiters import recruiter_of
from webapp.participants.recruiters.base import NotDoneError, UnclearError
from webapp.participants.recruitments import LASTING, recruitment_check, recruitment_is_in_use
from webapp.participants.submissions import submissions_reconcile
from webapp.rights import SeenRows, filter_by

SEE_IDS = "participants.see_external_ids"


class RecruitmentForm(forms.ModelForm):
    """A recruitment, checked as a whole."""

    reward = MoneyField(min_value=0, help_text="For everybody who finishes, such as 2.79")
    completion_codes = forms.JSONField(
        required=False, initial=dict, help_text='Outcome to code: {"completed": "C1ABCDEF", "failed_checks": …, "no_consent": …}'
    )

    class Meta:
        model = Recruitment
        fields = ("recruiter", "external_study_id", "reward", "currency", "completion_codes")

    def clean(self) -> dict[str, Any]:
        """Refuse what the recruiter would not take."""
        values: dict[str, Any] = super().clean() or {}
        values["completion_codes"] = values.get("completion_codes") or {}
        if not self.errors:
            # Fields that are read-only by now are not among the values.
            whole = {name: values.get(name, getattr(self.instance, name)) for name in self._meta.fields or ()}
            try:
                recruitment_check(**whole)
            except InputError as error:
                self.add_error(error.field, f"{error.message}. {error.remedy}.")
        return values


@admin.register(Recruitment)
class RecruitmentAdmin(SeenRows):
    """Where participants come from; one that somebody came through keeps its currency and ids. The builder makes them."""

    study_way = "study"
    form = RecruitmentForm
    list_display = ("__str__", "recruiter", "reward_shown", "people", "created_at")
    list_filter = ("recruiter",)
    ordering = ("-created_at",)
    actions = ("compare",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recruitment]:
        """With the number of submissions."""
        return super().get_queryset(request).annotate(count=Count("submissions"))

    def get_readonly_fields(self, request: HttpRequest, obj: Recruitment | None = None) -> tuple[str, ...]:
        """The ledger's currency and the ids that submissions belong to stay."""
        return LASTING if obj and recruitment_is_in_use(obj) else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It would belong to no study: the builder makes both."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Recruitment | None = None) -> bool:
        """The ledger refers to it."""
        return False

    @admin.display(description="reward", ordering="reward")
    def reward_shown(self, recruitment: Recruitment) -> str:
        """With its currency."""
        return money(recruitment.reward, recruitment.currency)

    def people(self, recruitment: Recruitment) -> int:
        """Submissions that we know."""
        return int(recruitment.count)  # type: ignore[attr-defined]  # annotated above

    @admin.action(description="Compare submissions and payments with the recruiter now", permissions=["change"])
    def compare(self, request: HttpRequest, recruitments: QuerySet[Recruitment]) -> None:
        """What the web worker does every minute."""
        for recruitment in recruitments:
            try:
                changed = len(submissions_reconcile(recruitment)), len(payments_reconcile(recruitment))
            except NotDoneError as error:
                self.message_user(request, f"{recruitment}: {error}", messages.ERROR)
            else:
                submissions, payments = changed
                self.message_user(request, f"{recruitment}: {submissions} submissions and {payments} payments changed.")


class ReasonForm(ActionForm):
    """A reason beside the choice of the action."""

    reason = forms.CharField(required=False, initial="Didn't finish the study", max_length=200)


@admin.register(Submission)
class SubmissionAdmin(SeenRows):
    """How submissions stand; whose they are is shown to those who have the permission for that."""

    study_way = "recruitment__study"
    list_display = ("short_id", "recruitment", "state", "is_known", "checked_at", "created_at")
    list_filter = (("recruitment", filter_by("study")), "state")
    ordering = ("-created_at",)
    actions = ("request_return",)
    action_form = ReasonForm

    def get_fields(self, request: HttpRequest, obj: Submission | None = None) -> tuple[str, ...]:
        """Ids of persons need a permission of their own."""
        ids = ("external_participant_id", "external_id") if request.user.has_perm(SEE_IDS) else ()
        return ("participant", "recruitment", *ids, "state", "checked_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come by themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        """What the recruiter told stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        """Payments need them."""
        return False

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Who may write to participants."""
        return request.user.has_perm("participants.change_submission")

    @admin.display(description="participant")
    def short_id(self, submission: Submission) -> str:
        """The first eight digits."""
        return str(submission.participant_id)[:8]

    @admin.display(description="known there", boolean=True)
    def is_known(self, submission: Submission) -> bool | None:
        """Whether the recruiter lists it; a link can be forged, its list cannot. None: not asked yet."""
        return bool(submission.state) if submission.checked_at else None

    @admin.action(description="Ask the participants to return their submissions, with this reason", permissions=["ask"])
    def request_return(self, request: HttpRequest, submissions: QuerySet[Submission]) -> None:
        """The recruiter writes to them; what they do is theirs."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "Say why: the participants read the reason.", messages.ERROR)
            return
        for submission in submissions.select_related("recruitment"):
            try:
                recruiter_of(submission.recruitment).request_return(submission.external_id, reason=reason)
            except (NotDoneError, UnclearError) as error:
                self.message_user(request, f"{self.short_id(submission)}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{self.short_id(submission)} was asked.", messages.SUCCESS)
