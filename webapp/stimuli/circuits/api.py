"""REST: order a manipulated circuit, list the circuits, look at one."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.contract.errors import InputError
from experiments.contract.recipes import Circuit, recipe_from_json
from webapp.stimuli.api import ErrorSerializer, JobSerializer, StimulusApi
from webapp.stimuli.circuits.selectors import CircuitShown, circuit_shown, circuits_ordered, circuits_shown
from webapp.stimuli.services import artifact_request


class CircuitRequestSerializer(serializers.Serializer):
    """A circuit to make. Further fields of the recipe are welcome; an unknown one is an error that lists them."""

    unit = serializers.CharField(help_text="Unit address, `<model>/<module path>:<channel>`")
    construction = serializers.ChoiceField(choices=("gate", "silent"), default="gate")
    target = serializers.ChoiceField(choices=("permute", "unit", "image"), default="permute")


class CircuitSerializer(serializers.Serializer):
    """A circuit: what was ordered, how far it is, and whether its model was published."""

    digest = serializers.CharField()
    url = serializers.SerializerMethodField()
    recipe = serializers.DictField()
    state = serializers.CharField()
    job = JobSerializer(allow_null=True)
    published = serializers.BooleanField(allow_null=True, help_text="null before there is a result")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why it was not published")
    model = serializers.CharField(help_text="Id of the model, `local.<12 digits>`; empty if there is none")
    artifact = serializers.SerializerMethodField()

    def get_url(self, circuit: CircuitShown) -> str:
        """Where to look again."""
        return reverse("api:circuit", args=[circuit.digest])

    def get_artifact(self, circuit: CircuitShown) -> str | None:
        """Where report and figures are, once there are any."""
        return reverse("api:artifact", args=[circuit.digest]) if circuit.artifact else None


class CircuitListApi(StimulusApi, generics.ListAPIView):
    """The circuits."""

    serializer_class = CircuitSerializer

    @extend_schema(responses={200: CircuitSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All that were ordered, newest first, by page."""
        page = self.paginate_queryset(circuits_ordered()) or []
        shown = circuits_shown([row["digest"] for row in page])
        return self.get_paginated_response(CircuitSerializer(shown, many=True).data)

    @extend_schema(
        request=CircuitRequestSerializer,
        responses={
            200: OpenApiResponse(CircuitSerializer, description="It was made before"),
            202: OpenApiResponse(CircuitSerializer, description="A job makes it; look again at `url`, as in the Location header"),
            400: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Order a circuit, or find it made."""
        recipe = circuit_recipe(request.data)
        artifact_request(recipe)
        body = CircuitSerializer(circuit_shown(recipe.digest)).data
        code = status.HTTP_200_OK if body["artifact"] else status.HTTP_202_ACCEPTED
        return Response(body, status=code, headers={"Location": body["url"]})


class CircuitApi(StimulusApi):
    """A circuit."""

    @extend_schema(responses={200: CircuitSerializer, 404: ErrorSerializer})
    def get(self, request: Request, digest: str) -> Response:
        """How far it is, or what came of it."""
        circuit = circuit_shown(digest)
        if circuit is None:
            raise Http404
        return Response(CircuitSerializer(circuit).data)


def circuit_recipe(body: Any) -> Circuit:
    """The recipe that a request means; its kind may be left out.

    Raises:
        InputError: It is no recipe of a circuit.
    """
    if not isinstance(body, dict) or body.get("kind", Circuit.kind) != Circuit.kind:
        raise InputError(field="kind", message="this is no circuit", remedy=f"Send an object of kind {Circuit.kind!r}")
    recipe = recipe_from_json({**body, "kind": Circuit.kind})
    assert isinstance(recipe, Circuit)  # noqa: S101 -- said by its kind
    return recipe
