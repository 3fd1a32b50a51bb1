"""REST: the networks that there are, with their layers."""

import dataclasses
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.contract.errors import InputError
from model_zoo.catalogue import MADE_HERE, ModelCard, card
from model_zoo.weight_files import is_there
from webapp.stimuli.api import ErrorSerializer, StimulusApi
from webapp.stimuli.networks.facts import layers_of, networks


class LayerSerializer(serializers.Serializer):
    """A layer."""

    name = serializers.CharField()
    channels = serializers.IntegerField()
    layout = serializers.CharField(allow_null=True)
    aggregations = serializers.ListField(child=serializers.CharField())
    eligible = serializers.BooleanField(help_text="Whether units are drawn from it")
    skipped = serializers.CharField(help_text="Why its units have no one activation; empty where they have")


class WeightsSerializer(serializers.Serializer):
    """Where the weights of a network are."""

    file = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the file; its first digits, or nothing, where the source publishes no more")
    package = serializers.CharField(help_text="The installed package that has the file; empty: the zoo folder")
    url = serializers.CharField(help_text="Where the operator gets the file")
    key = serializers.CharField(help_text="Of the parameters, if the file holds other things beside them")
    prefix = serializers.CharField(help_text="Of the names of its parameters in the file")
    renamed = serializers.DictField(child=serializers.CharField(), help_text="Names of old to names of today")
    here = serializers.BooleanField(help_text="Whether they are on the web server's machine")


class ModelSerializer(serializers.Serializer):
    """A network as its card describes it."""

    id = serializers.CharField()
    title = serializers.CharField()
    architecture = serializers.CharField()
    source: Any = serializers.CharField()
    license = serializers.CharField()
    made_here = serializers.SerializerMethodField()
    weights = serializers.SerializerMethodField()
    input_size = serializers.IntegerField()
    reported_top1 = serializers.FloatField(allow_null=True)
    layer_count = serializers.SerializerMethodField()
    unit_count = serializers.SerializerMethodField()

    def get_made_here(self, model: ModelCard) -> bool:
        """Whether it is the result of a run or of a circuit."""
        return model.id.startswith(MADE_HERE)

    @extend_schema_field(WeightsSerializer)
    def get_weights(self, model: ModelCard) -> dict[str, Any]:
        """File, sha256 and source."""
        return {**dataclasses.asdict(model.weights), "here": is_there(model)}

    def get_layer_count(self, model: ModelCard) -> int:
        """Layers with addressable units."""
        return len(model.layers)

    def get_unit_count(self, model: ModelCard) -> int:
        """Units in the layers from which they are drawn."""
        return sum(layer.channels for layer in layers_of(model) if layer.eligible)


class ModelWithLayersSerializer(ModelSerializer):
    """A network with its layers."""

    layers = serializers.SerializerMethodField()

    @extend_schema_field(LayerSerializer(many=True))
    def get_layers(self, model: ModelCard) -> list[dict[str, Any]]:
        """In the network's order; after them what is skipped."""
        return [LayerSerializer(layer).data for layer in layers_of(model)]


class ModelListApi(StimulusApi):
    """The catalogue."""

    @extend_schema(responses={200: ModelSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All networks, those made here last."""
        return Response(ModelSerializer(networks(), many=True).data)


class ModelApi(StimulusApi):
    """A network."""

    @extend_schema(responses={200: ModelWithLayersSerializer, 404: ErrorSerializer})
    def get(self, request: Request, model_id: str) -> Response:
        """Its card and its layers."""
        return Response(ModelWithLayersSerializer(model_or_404(model_id)).data)


def model_or_404(model_id: str) -> ModelCard:
    """The card of a model; Http404 if there is none."""
    try:
        return card(model_id)
    except InputError as error:
        raise Http404(str(error)) from error
