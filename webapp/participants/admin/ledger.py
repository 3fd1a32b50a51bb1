"""The admin's view of the ledger: plan a bonus, approve, look at a dry run, send; sums by currency."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from experiments.contract.errors import InputError
from webapp import compute
from webapp.participants import ledger
from webapp.participants.amounts import MoneyField
from webapp.participants.models import Payment
from webapp.participants.money import decimal_amount, money
from webapp.participants.selectors import payment_totals, payments_dry_run
from webapp.rights import SeenRows, filter_by


class PaymentForm(forms.ModelForm):
    """A bonus for somebody."""

    amount = MoneyField(help_text="Such as 0.50, in the currency of the recruitment")

    class Meta:
        model = Payment
        fields = ("recruitment", "participant", "reason", "amount")

    def clean(self) -> dict[str, Any]:
        """Refuse what the ledger would not plan."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                ledger.payment_check(reason=values["reason"], amount=values["amount"])
            except InputError as error:
                self.add_error(error.field, f"{error.message}. {error.remedy}.")
        return values


@admin.register(Payment)
class PaymentAdmin(SeenRows):
    """Lines of the ledger. They are planned and moved on by actions, never edited."""

    study_way = "recruitment__study"
    form = PaymentForm
    list_display = ("short_id", "recruitment", "reason", "amount_shown", "state", "error", "changed_at")
    list_filter = ("state", "currency", ("recruitment", filter_by("study")), "reason")
    list_select_related = ("recruitment",)
    ordering = ("-created_at",)
    raw_id_fields = ("participant",)
    actions = ("approve", "dry_run", "send", "settle_by_hand")
    change_list_template = "participants/admin/ledger.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list with the sums of what it shows."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            totals = payment_totals(context["cl"].queryset)
            context["totals"] = [{"total": total, "money": decimal_amount(total.amount)} for total in totals]
        return response

    def get_fields(self, request: HttpRequest, obj: Payment | None = None) -> tuple[str, ...]:
        """A line is shown with its currency."""
        return ("recruitment", "participant", "reason", "amount_shown", "state", "error") if obj else PaymentForm.Meta.fields

    def save_model(self, request: HttpRequest, obj: Payment, form: Any, change: bool) -> None:
        """Plan it; somebody approves it in a second step."""
        planned = ledger.payment_plan(obj.recruitment, obj.participant, reason=obj.reason, amount=obj.amount)
        obj.id = planned.id
        obj.refresh_from_db()

    def has_change_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        """A ledger is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        """A ledger forgets nothing."""
        return False

    def has_pay_permission(self, request: HttpRequest) -> bool:
        """Who may move lines on."""
        return request.user.has_perm("participants.change_payment")

    @admin.display(description="participant")
    def short_id(self, payment: Payment) -> str:
        """The first eight digits."""
        return str(payment.participant_id)[:8]

    @admin.display(description="amount", ordering="amount")
    def amount_shown(self, payment: Payment) -> str:
        """With its currency."""
        return money(payment.amount, payment.currency)

    @admin.action(description="1. Approve", permissions=["pay"])
    def approve(self, request: HttpRequest, payments: QuerySet[Payment]) -> None:
        """Planned lines, and those that the recruiter refused."""
        self.message_user(request, f"{ledger.payment_approve(payments)} lines approved; nothing is sent yet.")

    @admin.action(description="2. Dry run: show what would be sent", permissions=["pay"])
    def dry_run(self, request: HttpRequest, payments: QuerySet[Payment]) -> None:
        """Nobody is asked, and nothing changes."""
        run = payments_dry_run(payments)
        for total in run.totals:
            self.message_user(request, f"Would send {total.lines} lines: {money(total.amount, total.currency)}.")
        for line in run.skipped:
            self.message_user(request, f"Would not send {line}.", messages.WARNING)

    @admin.action(description="3. Send what is approved", permissions=["pay"])
    def send(self, request: HttpRequest, payments: QuerySet[Payment]) -> None:
        """The web worker sends them one by one."""
        ids = [str(payment.id) for payment in payments.filter(state=Payment.State.APPROVED)]
        if ids:
            compute.pay(ids)
        self.message_user(request, f"{len(ids)} lines are on their way; their states tell what became of them.")

    @admin.action(description="Note as paid by hand", permissions=["pay"])
    def settle_by_hand(self, request: HttpRequest, payments: QuerySet[Payment]) -> None:
        """Paid in another way than through the recruiter; what was sent is left alone."""
        self.message_user(request, f"{ledger.payments_settle_by_hand(payments)} lines noted as paid by hand.")
