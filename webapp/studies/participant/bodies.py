"""What a participant's browser and the server say to each other, field by field. The participant's interface reads by it."""

import math
from functools import cache
from typing import Any

from rest_framework import serializers

from experiments.contract.designs import CONFIDENCES, RATING_RANGE

DAY_MS = 86_400_000
MAX_CLOCK = 1e12


class NumberChoiceField(serializers.ChoiceField):
    """One of few numbers; DRF's own class takes their texts, too."""


NUMBERS = (serializers.FloatField, serializers.IntegerField, NumberChoiceField)


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields and numbers that are not finite."""

    @classmethod
    def checked(cls, body: Any) -> dict[str, Any]:
        """What a body says, read by one serializer for all requests: making its fields takes longer than checking a body."""
        said: dict[str, Any] = _only(cls).run_validation(body)
        return said

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The checked body."""
        if isinstance(data, dict):
            for name, value in data.items():
                if name not in self.fields:
                    raise serializers.ValidationError({str(name): ["There is no such field."]})
                is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
                if isinstance(self.fields[name], NUMBERS) and not is_number:
                    raise serializers.ValidationError({name: ["It is not a finite number."]})
        checked: dict[str, Any] = super().to_internal_value(data)
        return checked


@cache
def _only(serializer: type[StrictSerializer]) -> StrictSerializer:
    return serializer()


class InstructionsSerializer(StrictSerializer):
    """How long the person read."""

    duration = serializers.FloatField(min_value=0, max_value=DAY_MS, help_text="ms on the instruction pages")


class AnswerSerializer(StrictSerializer):
    """An answer with the evidence of its timing; times in ms on the page's performance timeline."""

    key = serializers.UUIDField()
    choice = serializers.CharField(max_length=10, required=False, help_text="Of a choice")
    confidence = NumberChoiceField(choices=CONFIDENCES, required=False, help_text="Of a choice")
    rating = serializers.IntegerField(
        min_value=RATING_RANGE[0], max_value=RATING_RANGE[1], required=False, help_text="Of a rating"
    )
    rt = serializers.FloatField(min_value=0, max_value=DAY_MS)
    input = serializers.ChoiceField(choices=("mouse", "touch", "pen", "keyboard"))
    onset = serializers.FloatField(min_value=0, max_value=MAX_CLOCK)
    second_frame = serializers.FloatField(min_value=0, max_value=MAX_CLOCK)
    event_time = serializers.FloatField(min_value=0, max_value=MAX_CLOCK)
    handler_time = serializers.FloatField(min_value=0, max_value=MAX_CLOCK)
    refresh_interval = serializers.FloatField(min_value=0, max_value=10_000)
    dropped_frames = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    focus_losses = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    viewport_width = serializers.IntegerField(min_value=0, max_value=100_000)
    viewport_height = serializers.IntegerField(min_value=0, max_value=100_000)
    cross_origin_isolated = serializers.BooleanField()


class SavedSerializer(serializers.Serializer):
    """The acknowledgement; `correct` is null where a trial gives no feedback."""

    saved = serializers.BooleanField()
    correct = serializers.BooleanField(allow_null=True)
    elsewhere = serializers.BooleanField(help_text="Another tab goes on with the session")


class ConflictSerializer(serializers.Serializer):
    """What is stored contradicts the request; nothing was changed."""

    field = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    elsewhere = serializers.BooleanField(required=False, help_text="Another tab goes on with the session")
    missing = serializers.ListField(child=serializers.UUIDField(), required=False, help_text="Trials without an answer")


class NothingSerializer(StrictSerializer):
    """An empty object."""


class FinishedSerializer(serializers.Serializer):
    """The end; without a code some trials are asked again first."""

    code = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True, help_text="Where the code is handed in")
    erasure_code = serializers.CharField(allow_null=True, help_text="The same each time")


class WithdrawnSerializer(serializers.Serializer):
    """The answers are not used."""

    withdrawn = serializers.BooleanField()
    erasure_code = serializers.CharField(allow_null=True, help_text="The same each time")
