"""REST for researchers: studies, their units, and the responses as a stream."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.participants.models import Participant
from webapp.stimuli.api import ErrorSerializer
from webapp.studies.exports import MEDIA_TYPES, export
from webapp.studies.models import Study, Unit
from webapp.studies.selectors import study_progress
from webapp.studies.taken_home import export_note


class StudySerializer(serializers.ModelSerializer):
    """A study with its addresses."""

    units: Any = serializers.SlugRelatedField(slug_field="address", many=True, read_only=True)
    conditions: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    participant_url = serializers.SerializerMethodField()
    responses_url = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = (
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


class UnitSerializer(serializers.ModelSerializer):
    """A unit that studies ask about."""

    class Meta:
        model = Unit
        fields = ("address", "model", "layer", "channel")


class StudyListApi(generics.ListAPIView):
    """All studies, newest first."""

    serializer_class = StudySerializer
    queryset = Study.objects.prefetch_related("units", "conditions").order_by("-created_at")


class StudyApi(APIView):
    """One study."""

    @extend_schema(responses={200: StudySerializer, 404: ErrorSerializer})
    def get(self, request: Request, study_id: str) -> Response:
        """The study, and how far its stimuli are."""
        study = study_or_404(study_id)
        return Response({**StudySerializer(study).data, "stimuli": study_progress(study)})


class UnitListApi(generics.ListAPIView):
    """The units of all studies, or of one."""

    serializer_class = UnitSerializer
    queryset = Unit.objects.order_by("address")

    @extend_schema(parameters=[OpenApiParameter("study", OpenApiTypes.UUID, description="Only the units of this study")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Addresses, by page."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """All, or those of `?study=`."""
        study = self.request.query_params.get("study")
        return self.queryset.filter(study=study_or_404(study)) if study else self.queryset


class ResponsesApi(APIView):
    """The export."""

    @extend_schema(
        parameters=[
            OpenApiParameter("format", enum=list(MEDIA_TYPES), default="csv"),
            OpenApiParameter("kind", enum=Participant.Kind.values, description="Only sessions of this kind"),
        ],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/jsonl"): OpenApiTypes.STR, 400: ErrorSerializer},
    )
    def get(self, request: Request, study_id: str) -> StreamingHttpResponse:
        """All responses of a study, streamed; the columns are described in the README."""
        study, form = study_or_404(study_id), request.query_params.get("format", "csv")
        kind = request.query_params.get("kind")
        if kind and kind not in Participant.Kind.values:
            raise serializers.ValidationError(
                {"kind": [f"{kind!r} is unknown; choose one of {', '.join(Participant.Kind.values)}"]}
            )
        stream = export(study, form=form, kinds=(kind,) if kind else ())
        export_note(study, form=form, actor=request.user)
        headers = {"Content-Disposition": f'attachment; filename="{study.name}.{form}"'}
        return StreamingHttpResponse(stream, content_type=MEDIA_TYPES[form], headers=headers)


def study_or_404(study_id: str) -> Study:
    """The study with this id, or a 404."""
    try:
        return Study.objects.prefetch_related("units", "conditions").get(id=study_id)
    except (Study.DoesNotExist, ValidationError) as error:
        raise Http404 from error
