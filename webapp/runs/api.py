"""REST: start a run, list the runs, look at one."""

from typing import Any, get_args

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import registry
from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.contract.recipes.runs import Preset
from webapp.runs.models import RegisteredModel, RunClaim, TrainingRun
from webapp.runs.selectors import NEWEST_FIRST, STATES, RunShown, in_state, run_shown, runs_shown
from webapp.runs.services import run_recipe, run_start
from webapp.stimuli.api import ErrorSerializer, JobSerializer, StimulusApi

FIELDS = ("paper", "preset", "seed", "settings")
PRESETS = get_args(Preset)


class RunRequestSerializer(serializers.Serializer):
    """A run to start."""

    paper = serializers.CharField(help_text="Slug of a paper that can be run")
    preset = serializers.ChoiceField(choices=PRESETS, default="smoke")
    seed = serializers.IntegerField(min_value=0, max_value=2**32 - 1, default=0)
    settings = serializers.DictField(
        default=dict,
        help_text="Changes of the preset. They are checked by the worker: a bad one ends the job with field, message and remedy",
    )


class ClaimSerializer(serializers.ModelSerializer):
    """A claim of the paper as the run judged it."""

    id: Any = serializers.CharField(source="name")

    class Meta:
        model = RunClaim
        fields = ("id", "statement", "reported", "source", "value", "holds")


class FigureSerializer(serializers.Serializer):
    """A figure."""

    url = serializers.CharField()
    caption = serializers.CharField()


class RegisteredModelSerializer(serializers.ModelSerializer):
    """A network that the run put into the zoo."""

    id: Any = serializers.CharField(source="model")
    url = serializers.SerializerMethodField()

    class Meta:
        model = RegisteredModel
        fields = ("id", "title", "takes_images", "url")

    def get_url(self, row: RegisteredModel) -> str:
        """Its card and its layers."""
        return reverse("api:model", args=[row.model])


class RunSerializer(serializers.Serializer):
    """A run: what was asked, how far it is, and what came of it."""

    digest = serializers.CharField()
    url = serializers.SerializerMethodField()
    page_url = serializers.SerializerMethodField()
    paper = serializers.CharField(source="run.paper")
    preset = serializers.CharField(source="run.preset")
    seed = serializers.IntegerField(source="run.seed")
    settings = serializers.DictField(source="run.settings")
    started_by = serializers.CharField(source="run.started_by.username", default=None, allow_null=True)
    started_at = serializers.DateTimeField(source="run.started_at")
    state = serializers.CharField()
    job = JobSerializer(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    claims = ClaimSerializer(source="run.claims", many=True)
    figures = FigureSerializer(many=True)
    models = RegisteredModelSerializer(source="run.models", many=True)
    result = serializers.CharField(source="result_url", help_text="result.json; empty before there is one")
    artifact = serializers.SerializerMethodField()

    def get_url(self, shown: RunShown) -> str:
        """Where to look again."""
        return reverse("api:run", args=[shown.digest])

    def get_page_url(self, shown: RunShown) -> str:
        """Its page for people."""
        return reverse("run", args=[shown.digest])

    def get_artifact(self, shown: RunShown) -> str | None:
        """Where everything is, once it is made."""
        return reverse("api:artifact", args=[shown.digest]) if shown.artifact else None


class RunListApi(StimulusApi, generics.ListAPIView):
    """The runs."""

    serializer_class = RunSerializer

    @extend_schema(
        parameters=[
            OpenApiParameter("paper", description="Only those of this paper"),
            OpenApiParameter("preset", enum=list(PRESETS), description="Only those at this scale"),
            OpenApiParameter("state", enum=list(STATES), description="Only those that stand there"),
        ],
        responses={200: RunSerializer(many=True), 400: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """All that were started, or those that the filters name, newest first, by page."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(RunSerializer(runs_shown([run.digest for run in page]), many=True).data)

    def get_queryset(self) -> QuerySet[TrainingRun]:
        """Those that the filters name."""
        query = self.request.query_params
        known = {"paper": list(registry.experiments()), "preset": PRESETS, "state": STATES}
        wanted = {name: query[name] for name in known if name in query}
        for name, text in wanted.items():
            require(text in known[name], name, f"{text!r} is unknown", f"Choose one of {', '.join(known[name])}")
        state = wanted.pop("state", "")
        runs = TrainingRun.objects.filter(**wanted)
        return (in_state(runs, state) if state else runs).order_by(*NEWEST_FIRST)

    @extend_schema(
        request=RunRequestSerializer,
        responses={
            200: OpenApiResponse(RunSerializer, description="It was made before"),
            202: OpenApiResponse(RunSerializer, description="A job makes it; look again at `url`, as in the Location header"),
            400: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Start a run, or find it made."""
        body = request.data if isinstance(request.data, dict) else {}
        for name in body:
            require(name in FIELDS, str(name), "there is no such field", f"Choose among {', '.join(FIELDS)}")
            require(body[name] is not None, name, "it is null", "Give a value, or leave it out")
        if "paper" not in body:
            raise InputError(field="paper", message="it is missing", remedy="Give the slug of a paper that can be run")
        assert isinstance(request.user, User)  # noqa: S101 -- or they were not let in
        run = run_start(run_recipe(**body), by=request.user)
        told = RunSerializer(run_shown(run.digest)).data
        code = status.HTTP_200_OK if told["artifact"] else status.HTTP_202_ACCEPTED
        return Response(told, status=code, headers={"Location": told["url"]})


class RunApi(StimulusApi):
    """A run."""

    @extend_schema(responses={200: RunSerializer, 404: ErrorSerializer})
    def get(self, request: Request, digest: str) -> Response:
        """How far it is, or what came of it."""
        return Response(RunSerializer(run_or_404(digest)).data)


def run_or_404(digest: str) -> RunShown:
    """A run by its digest; Http404 if nobody started it."""
    shown = run_shown(digest)
    if shown is None:
        raise Http404
    return shown
