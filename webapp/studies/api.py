"""REST for researchers: studies and their units."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.rights import Person, seen_by
from webapp.stimuli.api import ErrorSerializer, ProgressSerializer
from webapp.studies.models import Study, Unit
from webapp.studies.permissions import STUDIES, studies_seen
from webapp.studies.selectors import study_progress


class StimulusSerializer(ProgressSerializer):
    """An artifact that a study needs."""

    digest = serializers.CharField()
    unit = serializers.CharField(help_text="Address; empty where it is of none, or was made before anybody asked for it")
    state = serializers.CharField(help_text="As of a job")


class StudySerializer(serializers.ModelSerializer):
    """A study with its addresses."""

    units: Any = serializers.SlugRelatedField(slug_field="address", many=True, read_only=True)
    conditions: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    error = ErrorSerializer(allow_null=True)
    settings = serializers.DictField(help_text="All settings of the design")
    participant_url = serializers.SerializerMethodField()
    responses_url = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields: tuple[str, ...] = (
            "id",
            "name",
            "title",
            "paper",
            "state",
            "error",
            "settings",
            "design_digest",
            "units",
            "conditions",
            "created_at",
            "opened_at",
            "participant_url",
            "responses_url",
        )

    def get_participant_url(self, study: Study) -> str:
        """Where participants enter."""
        return reverse("participant:entry", args=[study.id])

    def get_responses_url(self, study: Study) -> str:
        """Where the responses stream from."""
        return reverse("api:responses", args=[study.id])


class StudyWithStimuliSerializer(StudySerializer):
    """A study, and how far its stimuli are."""

    stimuli = serializers.SerializerMethodField()

    class Meta(StudySerializer.Meta):
        fields = (*StudySerializer.Meta.fields, "stimuli")

    @extend_schema_field(StimulusSerializer(many=True))
    def get_stimuli(self, study: Study) -> Any:
        """Those that are made or ordered."""
        return StimulusSerializer(study_progress(study), many=True).data


class UnitSerializer(serializers.ModelSerializer):
    """A unit that studies ask about."""

    class Meta:
        model = Unit
        fields = ("address", "model", "layer", "channel")


class StudyListApi(generics.ListAPIView):
    """All studies, newest first."""

    serializer_class = StudySerializer
    rights = STUDIES

    def get_queryset(self) -> Any:
        """Those that the researcher sees."""
        return studies_seen(self.request.user).prefetch_related("units", "conditions").order_by("-created_at")


class StudyApi(APIView):
    """One study."""

    rights = STUDIES

    @extend_schema(responses={200: StudyWithStimuliSerializer, 404: ErrorSerializer})
    def get(self, request: Request, study_id: str) -> Response:
        """The study, and how far its stimuli are."""
        return Response(StudyWithStimuliSerializer(study_or_404(request.user, study_id)).data)


class UnitListApi(generics.ListAPIView):
    """The units of all studies, or of one."""

    serializer_class = UnitSerializer
    rights = STUDIES

    @extend_schema(parameters=[OpenApiParameter("study", OpenApiTypes.UUID, description="Only the units of this study")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Addresses, by page."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """All, or those of `?study=`."""
        user, study = self.request.user, self.request.query_params.get("study")
        units = seen_by(user, Unit.objects.order_by("address"), study="study")
        return units.filter(study=study_or_404(user, study)) if study else units


def study_or_404(user: Person, study_id: str) -> Study:
    """The study with this id, or a 404 if there is none for this user."""
    try:
        return studies_seen(user).prefetch_related("units", "conditions").get(id=study_id)
    except (Study.DoesNotExist, ValidationError) as error:
        raise Http404 from error
