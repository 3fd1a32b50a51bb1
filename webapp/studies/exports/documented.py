"""What the API's documentation says of exports: their parameters and answers."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from webapp.participants.models import Participant
from webapp.stimuli.api import ErrorSerializer
from webapp.studies.exports.asking import MEANINGS, SEVERAL
from webapp.studies.exports.formats import FORMATS
from webapp.studies.exports.pages import MAX_SIZE
from webapp.studies.exports.selection import FLAVORS, IDS
from webapp.studies.models import Session

CHOICES = {
    "kind": list(Participant.Kind.values),
    "state": [state for state in Session.State.values if state != Session.State.WITHDRAWN],
    "cohort": list(Session.Cohort.values),
    "passed_checks": ["0", "1"],
    "flavor": list(FLAVORS),
    "ids": list(IDS),
}
TIMES = ("since", "until")
FORMAT = OpenApiParameter("format", enum=list(FORMATS), default="csv", description="Of the file")
SELECTION = [
    OpenApiParameter(
        name,
        OpenApiTypes.DATETIME if name in TIMES else OpenApiTypes.STR,
        enum=CHOICES.get(name),
        many=name in SEVERAL,
        description=meaning,
    )
    for name, meaning in MEANINGS.items()
]
PAGING = [
    OpenApiParameter("size", OpenApiTypes.INT, description=f"Rows of a page, 1 to {MAX_SIZE}", default=100),
    OpenApiParameter("cursor", description="As `next` has it; left out: the first page"),
]
FILES: dict[Any, Any] = {(200, form.media_type.partition(";")[0]): OpenApiTypes.BINARY for form in FORMATS.values()}
STREAMED = {**FILES, 400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}


class ExportRequestSerializer(serializers.Serializer):
    """The body of a POST: the names of the query parameters; of several values a list."""

    format = serializers.ChoiceField(choices=list(FORMATS), default="csv")

    def get_fields(self) -> dict[str, serializers.Field]:
        """One field for each parameter."""
        one: dict[str, serializers.Field] = {
            name: serializers.ChoiceField(choices=CHOICES[name], required=False) if name in CHOICES else _text(name)
            for name in MEANINGS
        }
        several = {name: serializers.ListField(child=field, required=False) for name, field in one.items() if name in SEVERAL}
        return {**super().get_fields(), **one, **several}


class ReceiptSerializer(serializers.Serializer):
    """What an export was, by which a downloaded file is checked."""

    state = serializers.ChoiceField(choices=["running", "complete", "broken"])
    study = serializers.CharField()
    design_digest = serializers.CharField()
    format = serializers.ChoiceField(choices=list(FORMATS))
    selection = serializers.DictField()
    columns = serializers.ListField(child=serializers.CharField())
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(required=False)
    rows = serializers.IntegerField(required=False)
    bytes = serializers.IntegerField(required=False)
    sha256 = serializers.CharField(required=False)


class PageSerializer(serializers.Serializer):
    """Some rows, and where those behind them are."""

    rows = serializers.ListField(child=serializers.DictField())
    next = serializers.CharField(allow_null=True)


def _text(name: str) -> serializers.Field:
    return serializers.DateTimeField(required=False) if name in TIMES else serializers.CharField(required=False)
