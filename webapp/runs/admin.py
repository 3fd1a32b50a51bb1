"""The admin's list of runs, with their state, and the form that starts one. A run's own page stands outside."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.runs import views
from webapp.runs.models import TrainingRun
from webapp.runs.selectors import STATES, in_state, runs_shown
from webapp.stimuli.admin import RecordAdmin
from webapp.stimuli.permissions import RIGHTS


class StateFilter(admin.SimpleListFilter):
    """By where runs stand."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The states."""
        return [(state, state.replace("_", " ")) for state in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> QuerySet[TrainingRun]:
        """Those in the chosen one."""
        chosen = self.value()
        return in_state(queryset, chosen) if chosen else queryset


class ShownRuns(ChangeList):
    """A page of the list, whose runs know where they stand."""

    def get_results(self, request: HttpRequest) -> None:
        """All of the page at once."""
        super().get_results(request)
        shown = {one.digest: one for one in runs_shown([run.digest for run in self.result_list])}
        for run in self.result_list:
            run.shown = shown[run.digest]


@admin.register(TrainingRun)
class TrainingRunAdmin(RecordAdmin):
    """Runs: who started what, and what came of it."""

    list_display = ("page", "paper", "preset", "seed", "changes", "state", "held", "networks", "started_by", "started_at")
    list_display_links = None
    list_filter = (StateFilter, "paper", "preset")
    list_select_related = ("started_by",)
    list_per_page = 25
    ordering = ("-started_at",)
    search_fields = ("digest", "paper")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingRun]:
        """All, with what the list shows."""
        return super().get_queryset(request).prefetch_related("claims", "models")

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """With where runs stand."""
        return ShownRuns

    def get_urls(self) -> list[URLPattern]:
        """The form stands where the admin's own would."""
        return [path("add/", self.admin_site.admin_view(views.start), name="runs_trainingrun_add"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """A run's own page."""
        return redirect("run", get_object_or_404(TrainingRun, digest=object_id).digest)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may look at artifacts sees runs among the admin's places."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Who may look at artifacts."""
        return request.user.has_perm(RIGHTS["view"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may have something made."""
        return request.user.has_perm(RIGHTS["make"])

    @admin.display(description="run")
    def page(self, run: TrainingRun) -> SafeString:
        """Its digits, leading to its page."""
        return format_html('<a href="{}">{}</a>', reverse("run", args=[run.digest]), run.digest[:12])

    @admin.display(description="settings")
    def changes(self, run: TrainingRun) -> str:
        """Changes of the preset."""
        return ", ".join(run.changes)

    @admin.display(description="state")
    def state(self, run: TrainingRun) -> str:
        """With its progress while it is being made."""
        shown = run.shown  # type: ignore[attr-defined]  # given by `ShownRuns`
        told = f"{shown.progress.doing} {shown.progress.done}/{shown.progress.total}" if shown.progress.total else ""
        return f"{shown.state}: {told}" if told and shown.is_open else shown.state

    @admin.display(description="claims that hold")
    def held(self, run: TrainingRun) -> str:
        """Of those that were judged."""
        judged = [claim.holds for claim in run.claims.all() if claim.holds is not None]
        return f"{sum(judged)} of {len(judged)}" if judged else ""

    @admin.display(description="networks")
    def networks(self, run: TrainingRun) -> int:
        """How many it put into the zoo."""
        return len(run.models.all())
