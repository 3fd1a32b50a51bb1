"""Admin pages of studies, conditions and units; those of sessions, trials and quality stand in files of their own."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from experiments.contract.errors import InputError
from model_zoo.address import UnitAddress
from webapp.rights import SeenRows, filter_by
from webapp.stimuli.admin import RecordAdmin
from webapp.stimuli.explorer.options import options_query
from webapp.stimuli.explorer.units import unit_url
from webapp.stimuli.models import Artifact
from webapp.studies.builder import views as builder
from webapp.studies.dates_form import DatesForm
from webapp.studies.models import Condition, Session, Study, StudyArtifact, Unit
from webapp.studies.participant.links import study_links
from webapp.studies.row_counts import row_count
from webapp.studies.selectors import study_progress
from webapp.studies.services.quality import study_judge
from webapp.studies.services.study import DATES, study_start
from webapp.studies.services.study_state import study_close, study_pause, study_resume

EDITABLE = ("title", "notice", "thanks", "contact", "erasure", "researchers", *DATES)
"""What may be changed of a study that runs."""


@admin.register(Study)
class StudyAdmin(SeenRows):
    """Studies: how far their stimuli are, who took part, where the links are."""

    study_way = ""
    form = DatesForm
    list_display = ("name", "paper", "state", "stimuli", "people", "simulated", "pages")
    list_filter = ("state", "paper")
    fields = (
        "name",
        "title",
        "paper",
        "state",
        "notice",
        "thanks",
        "contact",
        "consent",
        "erasure",
        "researchers",
        *DATES,
        "links",
        "stimuli",
        "progress",
        "shown_units",
        "shown_conditions",
        "shown_languages",
        "allocation",
        "lease_minutes",
        "recruitment",
        "settings",
        "error",
    )
    readonly_fields = tuple(field for field in fields if field not in EDITABLE)
    filter_horizontal = ("researchers",)
    actions = ("prepare", "pause", "resume", "close", "judge")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        """Studies with their numbers of finished sessions, and of artifacts: those that they need, and those that exist."""
        finished = Q(sessions__state=Session.State.FINISHED)
        counts = {kind: Count("sessions", filter=finished & Q(sessions__kind=kind), distinct=True) for kind in ("live", "bot")}
        needs = StudyArtifact.objects.filter(study=OuterRef("pk"))
        stored = needs.filter(Exists(Artifact.objects.filter(digest=OuterRef("digest"))))
        stimuli = {"needed": row_count(needs, by="study"), "stored": row_count(stored, by="study")}
        return super().get_queryset(request).annotate(**counts, **stimuli).order_by("-created_at")

    def get_urls(self) -> list[URLPattern]:
        """The builder's pages stand below the list of studies."""
        pages = (
            ("add/", builder.choose_paper, "add"),
            ("build/<slug:paper>/", builder.build_new, "build"),
            ("<uuid:study_id>/build/", builder.build_again, "rebuild"),
            ("<uuid:study_id>/start/", builder.start, "start"),
            ("<uuid:study_id>/copy/", builder.copy, "copy"),
            ("<uuid:study_id>/preview/", builder.preview, "preview"),
        )
        wrap = self.admin_site.admin_view
        return [*(path(way, wrap(view), name=f"studies_study_{name}") for way, view, name in pages), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Not where somebody began: such a study is closed, and answers are erased by their codes or their dates."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.sessions.exists())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """What belongs to a study goes with it: nobody is asked for the right to delete its conditions one by one."""
        deleted, counts, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *how: Any, **more: Any) -> Any:
        """Without a button for another one: the builder makes studies."""
        return super().render_change_form(request, {**context, "show_save_and_add_another": False}, *how, **more)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Studies are deleted one by one, on their own pages."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description="people finished")
    def people(self, study: Study) -> int:
        """Finished live sessions."""
        return int(study.live)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="simulated finished")
    def simulated(self, study: Study) -> int:
        """Finished sessions of bots."""
        return int(study.bot)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="stimuli")
    def stimuli(self, study: Study) -> SafeString:
        """How many of the artifacts it needs exist."""
        done, whole = study.stored, study.needed  # type: ignore[attr-defined]  # annotated above
        return format_html('<progress value="{}" max="{}"></progress> {} of {}', done, whole, done, whole)

    def progress(self, study: Study) -> SafeString:
        """One line for each artifact."""
        rows = (
            (e.get("unit", ""), e["state"], e["doing"], f"{e['done']}/{e['total']}", e["digest"][:12])
            for e in study_progress(study)
        )
        return format_html(
            "<table>{}</table>", format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        )

    @admin.display(description="units")
    def shown_units(self, study: Study) -> SafeString:
        """The addresses, each with its page in the explorer, which shows them as the study does."""
        query = options_query(study.settings)
        links = ((unit_url(UnitAddress.parse(address)) + query, address) for address in study.unit_addresses)
        return format_html_join(", ", '<a href="{}">{}</a>', links)

    @admin.display(description="languages")
    def shown_languages(self, study: Study) -> str:
        """Their codes, the first by default."""
        return ", ".join(study.languages)

    @admin.display(description="conditions")
    def shown_conditions(self, study: Study) -> str:
        """Their names."""
        return ", ".join(condition.name for condition in study.conditions.order_by("id"))

    def pages(self, study: Study) -> SafeString:
        """Where researchers look most; all links stand on the study's own page."""
        names = ("results",) if study.state == Study.State.IMPORTED else ("operations", "results")
        links = ((reverse(name, args=[study.id]), name) for name in names)
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    def links(self, study: Study) -> SafeString:
        """Where participants, results and responses are."""
        # A study that was run elsewhere is only read.
        running = study.state != Study.State.IMPORTED
        pages = {name: reverse(name, args=[study.id]) for name in ("operations", "quality") if running}
        links = {
            **(study_links(study) if running else {}),
            **pages,
            "results": reverse("results", args=[study.id]),
            "codebook": reverse("codebook", args=[study.id]),
            "responses": f"{reverse('api:responses', args=[study.id])}?format=csv",
            "export": reverse("export", args=[study.id]),
        }
        return format_html_join(" · ", '<a href="{}">{}</a>', ((url, name) for name, url in links.items()))

    @admin.action(description="Prepare: request the stimuli that are missing, then open", permissions=["change"])
    def prepare(self, request: HttpRequest, studies: QuerySet[Study]) -> None:
        """Request what failed or is missing; what has been opened stays as it is."""
        told = "{} is {}; it opens when its stimuli are there."
        self._each(request, studies, lambda study: told.format(study.name, study_start(study).state))

    @admin.action(description="Pause: let nobody begin or go on", permissions=["change"])
    def pause(self, request: HttpRequest, studies: QuerySet[Study]) -> None:
        """Nothing that was answered is lost."""
        self._each(request, studies, lambda study: f"{study.name} is {study_pause(study).state}.")

    @admin.action(description="Resume what was paused or closed", permissions=["change"])
    def resume(self, request: HttpRequest, studies: QuerySet[Study]) -> None:
        """Open again."""
        self._each(request, studies, lambda study: f"{study.name} is {study_resume(study).state}.")

    @admin.action(description="Close: let nobody else begin", permissions=["change"])
    def close(self, request: HttpRequest, studies: QuerySet[Study]) -> None:
        """Those who have begun may finish."""
        self._each(request, studies, lambda study: f"{study.name} is {study_close(study).state}.")

    @admin.action(description="Judge all finished sessions again by the newest quality rules", permissions=["change"])
    def judge(self, request: HttpRequest, studies: QuerySet[Study]) -> None:
        """Verdicts of earlier rules stay."""
        self._each(request, studies, lambda study: f"{study.name}: {study_judge(study)} sessions judged.")

    def _each(self, request: HttpRequest, studies: QuerySet[Study], act: Callable[[Study], str]) -> None:
        """Act on each study; say what came of it, or why nothing did."""
        for study in studies:
            try:
                self.message_user(request, act(study), messages.SUCCESS)
            except InputError as error:
                self.message_user(request, f"{error.message}. {error.remedy}.", messages.ERROR)


@admin.register(Condition)
class ConditionAdmin(SeenRows, RecordAdmin):
    """Conditions with their sessions."""

    study_way = "study"
    list_display = ("name", "study", "sessions_started", "sessions_finished")
    list_filter = (("study", filter_by("")),)
    ordering = ("study", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Condition]:
        """Conditions with their numbers of live sessions."""
        started = Session.objects.filter(condition=OuterRef("pk"), kind="live")
        numbers = {"started": started, "finished": started.filter(state=Session.State.FINISHED)}
        counts = {name: row_count(rows, by="condition") for name, rows in numbers.items()}
        return super().get_queryset(request).annotate(**counts)

    def sessions_started(self, condition: Condition) -> int:
        """Live sessions that were started."""
        return int(condition.started)  # type: ignore[attr-defined]  # annotated above

    def sessions_finished(self, condition: Condition) -> int:
        """Live sessions that were finished."""
        return int(condition.finished)  # type: ignore[attr-defined]  # annotated above


@admin.register(Unit)
class UnitAdmin(SeenRows, RecordAdmin):
    """Units that studies ask about."""

    study_way = "study"
    list_display = ("address", "model", "layer", "channel", "explorer")
    list_filter = ("model", "layer")
    search_fields = ("address",)
    ordering = ("address",)

    def explorer(self, unit: Unit) -> SafeString:
        """All that is known of it."""
        return format_html('<a href="{}">unit page</a>', unit_url(UnitAddress.parse(unit.address)))
