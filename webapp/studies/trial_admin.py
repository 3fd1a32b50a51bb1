"""Admin pages of trials, with the images that they show, and of responses."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from webapp.rights import SeenRows, filter_by
from webapp.stimuli.admin import RecordAdmin
from webapp.studies.models import Response, StudyImage, Trial


class TrialList(ChangeList):
    """A page of trials with their images, which are looked up once for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The trials of the page."""
        super().get_results(request)
        self.result_list = with_images(list(self.result_list))


def with_images(trials: Sequence[Trial]) -> Sequence[Trial]:
    """The trials, each with its images by their places as `shown`."""
    images = StudyImage.objects.in_bulk({pk for trial in trials for pk in trial.images.values()})
    for trial in trials:
        trial.shown = {place: images[pk] for place, pk in trial.images.items()}  # type: ignore[attr-defined]  # for `TrialAdmin`
    return trials


@admin.register(Trial)
class TrialAdmin(SeenRows, RecordAdmin):
    """Trials with the images that they show."""

    study_way = "session__study"
    list_display = ("short_id", "session", "kind", "position", "unit", "batch", "queries", "correct_choice")
    list_filter = (("session__study", filter_by("")), "kind")
    list_select_related = ("session", "unit")
    ordering = ("-session__created_at", "attempt", "position")
    readonly_fields = ("all_images", "lineage")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """A list that looks images up once."""
        return TrialList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Trial | None:
        """The trial of a page."""
        trial = super().get_object(request, object_id, from_field)
        return with_images([trial])[0] if trial else None

    @admin.display(description="trial")
    def short_id(self, trial: Trial) -> str:
        """The first eight digits."""
        return str(trial.id)[:8]

    def queries(self, trial: Trial) -> SafeString:
        """The two images to choose between."""
        return _pictures({place: image for place, image in _shown(trial).items() if place.startswith("query")})

    @admin.display(description="images")
    def all_images(self, trial: Trial) -> SafeString:
        """Every image with its place."""
        return _pictures(_shown(trial))

    def lineage(self, trial: Trial) -> SafeString:
        """Where the images come from, down to the weights."""
        digests = {image.digest for image in _shown(trial).values()}
        links = ((reverse("lineage", args=[digest]), digest[:12]) for digest in sorted(digests))
        return format_html_join(", ", '<a href="{}">made as {}</a>', links)


def _shown(trial: Trial) -> dict[str, StudyImage]:
    shown: dict[str, StudyImage] = trial.shown  # type: ignore[attr-defined]  # by `with_images`
    return shown


def _pictures(images: dict[str, StudyImage]) -> SafeString:
    return format_html_join(
        "\n",
        '<img class="thumbnail" src="{}" alt="{}" title="{}" loading="lazy" width="64" height="64">',
        ((reverse("api:artifact-file", args=[image.digest, image.name]), place, place) for place, image in images.items()),
    )


@admin.register(Response)
class ResponseAdmin(SeenRows, RecordAdmin):
    """Answers."""

    study_way = "trial__session__study"
    list_display = ("short_id", "trial", "choice", "correct", "confidence", "rt_ms", "input", "answered_at")
    list_filter = (("trial__session__study", filter_by("")), "trial__kind", "correct", "confidence")
    list_select_related = ("trial",)
    ordering = ("-answered_at",)

    @admin.display(description="RT", ordering="rt")
    def rt_ms(self, response: Response) -> str:
        """Reaction time, rounded; imported answers may have none."""
        return "" if response.rt is None else f"{response.rt:.0f} ms"

    @admin.display(description="response")
    def short_id(self, response: Response) -> str:
        """The first eight digits."""
        return str(response.id)[:8]
