"""Admin pages of artifacts, with thumbnails, and of jobs, with their live progress."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from experiments.contract.errors import InputError
from webapp.rights import foreign_results
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.permissions import RIGHTS
from webapp.stimuli.selectors import job_shown
from webapp.stimuli.services import job_cancel, job_retry
from webapp.stimuli.templatetags.stimulus_words import sentence

THUMBNAILS = 4


class RecordAdmin(admin.ModelAdmin):
    """What the program recorded: to look at, not to edit."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the program."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Rows stay as they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Rows stay."""
        return False


@admin.register(Artifact)
class ArtifactAdmin(RecordAdmin):
    """What was made."""

    list_display = ("short_digest", "kind", "unit", "thumbnails", "stored_at")
    list_filter = ("kind",)
    search_fields = ("digest", "unit")
    ordering = ("-stored_at",)
    fields = ("digest", "kind", "unit", "lineage", "stored_at", "images", "manifest")
    readonly_fields = ("lineage", "images")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Artifact]:
        """But for analyses of studies that the user may not see."""
        return super().get_queryset(request).exclude(digest__in=foreign_results(request.user))

    @admin.display(description="digest")
    def short_digest(self, artifact: Artifact) -> str:
        """The first twelve digits."""
        return artifact.digest[:12]

    @admin.display(description="images")
    def thumbnails(self, artifact: Artifact) -> SafeString:
        """The first images, small."""
        return self._images(artifact, THUMBNAILS)

    def images(self, artifact: Artifact) -> SafeString:
        """All images, with names and activations."""
        return self._images(artifact, None)

    def lineage(self, artifact: Artifact) -> SafeString:
        """Where it comes from."""
        return format_html('<a href="{}">What it was made from</a>', reverse("lineage", args=[artifact.digest]))

    def _images(self, artifact: Artifact, count: int | None) -> SafeString:
        images = [file for file in artifact.manifest["files"] if file["media_type"].startswith("image/")][:count]
        return format_html_join(
            "\n",
            '<img class="thumbnail" src="{}" alt="{}" title="{}" loading="lazy" width="64" height="64">',
            (
                (reverse("api:artifact-file", args=[artifact.digest, file["name"]]), file["name"], _caption(file))
                for file in images
            ),
        )


def _caption(file: dict[str, Any]) -> str:
    activation = file["about"].get("activation")
    return file["name"] if activation is None else f"{file['name']}: activation {activation:.3g}"


@admin.register(Job)
class JobAdmin(RecordAdmin):
    """The making of artifacts."""

    list_display = (
        "short_id",
        "kind",
        "unit",
        "state",
        "urgent",
        "progress",
        "attempts",
        "created_at",
        "ended_at",
        "error_message",
    )
    list_filter = ("state", "kind")
    search_fields = ("id", "unit", "digest")
    ordering = ("-created_at",)
    actions = ("cancel", "retry")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """But for analyses of studies that the user may not see."""
        return super().get_queryset(request).exclude(digest__in=foreign_results(request.user))

    @admin.display(description="job")
    def short_id(self, job: Job) -> str:
        """The first eight digits."""
        return str(job.id)[:8]

    @admin.display(description="progress")
    def progress(self, job: Job) -> SafeString | str:
        """A bar while it runs."""
        shown = job_shown(job)
        if shown.total == 0:
            return "" if shown.state != Job.State.STARTED else shown.doing
        bar = '<progress value="{}" max="{}">{}</progress> {} {}/{}'
        return format_html(bar, shown.done, shown.total, shown.doing, shown.doing, shown.done, shown.total)

    @admin.display(description="error")
    def error_message(self, job: Job) -> str:
        """Why it failed."""
        return f"{job.error['message']}. {job.error['remedy']}." if job.error else ""

    @admin.action(description="Cancel the selected jobs", permissions=["make"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Stop those that are open."""
        open_jobs = list(jobs.filter(state__in=Job.OPEN))
        for job in open_jobs:
            job_cancel(job)
        self.message_user(request, f"{len(open_jobs)} jobs cancelled.", messages.SUCCESS)

    @admin.action(description="Make again what failed or was cancelled", permissions=["make"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Request their recipes anew."""
        again = 0
        for job in jobs.filter(state__in=(Job.State.FAILED, Job.State.CANCELLED)):
            try:
                job_retry(job)
            except InputError as error:
                self.message_user(request, f"{job}: {sentence(error)}", messages.ERROR)
            else:
                again += 1
        self.message_user(request, f"{again} jobs requested again.", messages.SUCCESS)

    def has_make_permission(self, request: HttpRequest) -> bool:
        """As on the pages of what is made, and over REST."""
        return request.user.has_perm(RIGHTS["make"])
