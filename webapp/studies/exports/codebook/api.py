"""REST: the codebook of a study."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.stimuli.api import ErrorSerializer
from webapp.studies.api import study_or_404
from webapp.studies.exports.codebook.written import as_json
from webapp.studies.permissions import RESPONSES


class ColumnSerializer(serializers.Serializer):
    """A column of the export."""

    name = serializers.CharField()
    description = serializers.CharField()
    type = serializers.CharField(help_text="id, text, words, integer, number, flag or time")
    unit = serializers.CharField(allow_blank=True)
    levels: Any = serializers.DictField(child=serializers.CharField(), help_text="Value to meaning; empty: any value")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    missing = serializers.CharField(allow_blank=True, help_text="When a cell is empty; nothing: never")
    source: Any = serializers.CharField(help_text="Model and field")


class CodebookSerializer(serializers.Serializer):
    """What the columns of a study's responses mean."""

    study = serializers.CharField()
    paper = serializers.CharField()
    columns = ColumnSerializer(many=True)


class CodebookApi(APIView):
    """The codebook, for whoever may read the responses."""

    rights = RESPONSES

    @extend_schema(responses={200: CodebookSerializer, 404: ErrorSerializer})
    def get(self, request: Request, study_id: str) -> Response:
        """Each column with its meaning, type, unit, levels, when it is empty, and its source."""
        return Response(as_json(study_or_404(request.user, study_id)))
