"""The admin page of sessions: their states, verdicts and consents; judge again, erase."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from webapp.rights import SeenRows, filter_by
from webapp.stimuli.admin import RecordAdmin
from webapp.studies.erasure import erasure_preview, sessions_erase
from webapp.studies.models import QualityVerdict, Session, Study, Trial
from webapp.studies.row_counts import row_count
from webapp.studies.services.quality import session_judge


class VerdictInline(admin.TabularInline):
    """The verdicts on a session, on its page."""

    model = QualityVerdict
    fields = ("rule", "low", "high", "value", "passed", "version", "checked_at")
    readonly_fields = ("version", "checked_at")
    ordering = ("-rule_set__version", "id")
    extra = 0

    def version(self, verdict: QualityVerdict) -> int:
        """Of the rules."""
        return verdict.rule_set.version

    def has_add_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Rules give verdicts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Verdicts stay as they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Verdicts stay."""
        return False


@admin.register(Session)
class SessionAdmin(SeenRows, RecordAdmin):
    """Participants' ways through a study."""

    study_way = "study"
    list_display = (
        "short_id",
        "condition",
        "kind",
        "state",
        "passed_checks",
        "answers",
        "attempt",
        "created_at",
        "finished_at",
    )
    list_filter = (("study", filter_by("")), "kind", "cohort", "state", "passed_checks", "condition__name")
    list_select_related = ("study", "condition__study")
    ordering = ("-created_at",)
    exclude = ("token_sha256", "erasure_code_sha256")
    readonly_fields = ("consents",)
    inlines = (VerdictInline,)
    actions = ("judge", "erase")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """Sessions with their numbers of trials to be answered, and of answers to them."""
        required = Trial.objects.filter(session=OuterRef("pk"), kind__in=("main", "catch"))
        numbers = {"required": required, "answered": required.exclude(response=None)}
        counts = {name: row_count(rows, by="session") for name, rows in numbers.items()}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="session")
    def short_id(self, session: Session) -> str:
        """The first eight digits."""
        return str(session.id)[:8]

    def answers(self, session: Session) -> str:
        """Main and catch trials answered."""
        return f"{session.answered} of {session.required}"  # type: ignore[attr-defined]  # annotated above

    def consents(self, session: Session) -> SafeString:
        """Which texts their person agreed to, and when."""
        rows = (
            (consent.text, consent.text_sha256, f"{consent.given_at:%Y-%m-%d %H:%M:%S} UTC")
            for consent in session.participant.consents.select_related("text").order_by("given_at")
        )
        return format_html_join("\n", "<div>{}, sha256 {}, {}</div>", rows)

    @admin.action(description="Judge again by the newest quality rules", permissions=["judge"])
    def judge(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        """Only what is finished, and was not judged elsewhere."""
        ours = sessions.filter(state=Session.State.FINISHED).exclude(study__state=Study.State.IMPORTED)
        finished = list(ours.select_related("study"))
        for session in finished:
            session_judge(session)
        self.message_user(request, f"{len(finished)} finished sessions judged.", messages.SUCCESS)

    @admin.action(description="Erase, on the wish of their persons", permissions=["erase"])
    def erase(self, request: HttpRequest, sessions: QuerySet[Session]) -> HttpResponse | None:
        """Say what would go; on the second press it goes, unless it is not as many any more."""
        if request.POST.get("confirm") != str(sessions.count()):
            context = {
                "preview": erasure_preview(list(sessions)),
                "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
                "all_listed": request.POST.get("select_across"),
            }
            return render(request, "studies/erase_sessions.html", context)
        erased = sessions_erase(sessions, actor=request.user)
        self.message_user(request, f"{erased.sessions} sessions erased.", messages.SUCCESS)
        for export in erased.exports:
            self.message_user(request, f"Clean what was exported: {export}.", messages.WARNING)
        return None

    def has_judge_permission(self, request: HttpRequest) -> bool:
        """Who may change studies decides what counts in them."""
        return request.user.has_perm("studies.change_study")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Rows stay, but on the wish of their persons."""
        return request.user.has_perm("studies.delete_session")
