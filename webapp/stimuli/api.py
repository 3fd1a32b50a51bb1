"""REST: ask for a stimulus, watch its job, fetch its images, walk its lineage."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.contract.errors import InputError
from experiments.contract.recipes import STIMULI, Analysis, recipe_from_json
from webapp.negotiation import OneForm
from webapp.rights import Person, is_foreign_result
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.permissions import REST_RIGHTS, RESULTS
from webapp.stimuli.selectors import Shown, artifact_file, artifact_find, artifact_lineage, job_shown
from webapp.stimuli.services import artifact_request, job_cancel


class ErrorSerializer(serializers.Serializer):
    """The body of every 4xx answer."""

    field = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()


class RecipeSerializer(serializers.Serializer):
    """A stimulus to make. The further fields depend on the kind; an unknown one is an error that lists them."""

    kind = serializers.ChoiceField(choices=list(STIMULI))
    unit = serializers.CharField(help_text="Unit address, `<model>/<module path>:<channel>`")


class ProgressSerializer(serializers.Serializer):
    """How far something is."""

    done = serializers.IntegerField(help_text="Steps")
    total = serializers.IntegerField(help_text="Steps in all")
    doing = serializers.CharField()
    seconds_left = serializers.FloatField(allow_null=True, help_text="An estimate; null where nothing can be said")


class JobSerializer(serializers.Serializer):
    """A job with its live progress."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField()
    digest = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField()
    state = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    attempts = serializers.IntegerField(help_text="How often it was given to a worker")
    error = ErrorSerializer(allow_null=True)
    artifact = serializers.SerializerMethodField()
    _seen: tuple[Job, Shown] | None = None

    def get_url(self, job: Job) -> str:
        """Where to look again."""
        return reverse("api:job", args=[job.id])

    def get_state(self, job: Job) -> str:
        """queued, started, finished, failed or cancelled."""
        return self._shown(job).state

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, Any]:
        """How far it is."""
        shown = self._shown(job)
        left = shown.seconds_left if shown.seconds_left is None else round(shown.seconds_left, 1)
        return {"done": shown.done, "total": shown.total, "doing": shown.doing, "seconds_left": left}

    def get_artifact(self, job: Job) -> str | None:
        """Where the result is, once there is one."""
        return reverse("api:artifact", args=[job.digest]) if job.state == Job.State.FINISHED else None

    def _shown(self, job: Job) -> Shown:
        """The job as it is seen once; a list has one serializer for all its jobs."""
        if self._seen is None or self._seen[0] is not job:
            self._seen = job, job_shown(job)
        return self._seen[1]


class StoredFileSerializer(serializers.Serializer):
    """A file of an artifact."""

    name = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes")
    media_type = serializers.CharField()
    about = serializers.DictField(help_text="What is known of it, such as `width`, `height` and `activation` of an image")
    url = serializers.CharField()


class ArtifactSerializer(serializers.Serializer):
    """An artifact: recipe, files with their addresses, numbers, parents, provenance."""

    digest = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField()
    recipe = serializers.DictField(source="manifest.recipe")
    files = serializers.SerializerMethodField()
    values = serializers.DictField(source="manifest.values", help_text="Numbers of the whole")
    parents: Any = serializers.ListField(
        child=serializers.CharField(), source="manifest.parents", help_text="Digests of what it was made from"
    )
    provenance = serializers.DictField(source="manifest.provenance", help_text="Versions, device, wall time in s")

    @extend_schema_field(StoredFileSerializer(many=True))
    def get_files(self, artifact: Artifact) -> list[dict[str, Any]]:
        """Each file with its URL."""
        return [
            {**stored, "url": reverse("api:artifact-file", args=[artifact.digest, stored["name"]])}
            for stored in artifact.manifest["files"]
        ]


class StimulusApi(APIView):
    """What stimuli, circuits, jobs and networks share over REST: who may."""

    rights = REST_RIGHTS


class StimulusCreateApi(StimulusApi):
    """Ask for a stimulus."""

    @extend_schema(
        request=RecipeSerializer,
        responses={
            200: OpenApiResponse(ArtifactSerializer, description="It exists already"),
            202: OpenApiResponse(JobSerializer, description="A job makes it; its URL is in `url` and in the Location header"),
            400: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Make a recipe, or find it made."""
        kind = request.data.get("kind") if isinstance(request.data, dict) else None
        if not isinstance(kind, str) or kind not in STIMULI:
            raise InputError(field="kind", message=f"{kind!r} is unknown", remedy=f"Choose one of {', '.join(STIMULI)}")
        found = artifact_request(recipe_from_json(request.data))
        if isinstance(found, Artifact):
            return Response(ArtifactSerializer(found).data)
        body = JobSerializer(found).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})


class JobApi(StimulusApi):
    """A job and its end."""

    @extend_schema(responses={200: JobSerializer, 404: ErrorSerializer})
    def get(self, request: Request, job_id: str) -> Response:
        """State and progress."""
        return Response(JobSerializer(self._job(request, job_id)).data)

    @extend_schema(responses={200: JobSerializer, 404: ErrorSerializer})
    def delete(self, request: Request, job_id: str) -> Response:
        """Cancel it; one that has ended stays as it is."""
        job_cancel(self._job(request, job_id))
        return Response(JobSerializer(self._job(request, job_id)).data)

    def _job(self, request: Request, job_id: str) -> Job:
        job = Job.objects.filter(id=job_id).first()
        if job is None or is_foreign_result(request.user, job.digest):
            raise Http404
        return job


class ArtifactApi(StimulusApi):
    """An artifact."""

    @extend_schema(responses={200: ArtifactSerializer, 404: ErrorSerializer})
    def get(self, request: Request, digest: str) -> Response:
        """What was made and how."""
        return Response(ArtifactSerializer(artifact_opened(request, digest)).data)


class LineageApi(StimulusApi):
    """Where an artifact comes from."""

    @extend_schema(responses={200: ArtifactSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, digest: str) -> Response:
        """The artifact and all that it was made from."""
        artifact_opened(request, digest)
        return Response(ArtifactSerializer(artifact_lineage(digest), many=True).data)


class ArtifactFileApi(StimulusApi):
    """The bytes of one file."""

    content_negotiation_class = OneForm

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY, 304: None, 404: ErrorSerializer})
    def get(self, request: Request, digest: str, name: str) -> HttpResponse:
        """An image or a table, under a name that never changes its content."""
        found = artifact_file(artifact_opened(request, digest), name)
        if found is None:
            raise Http404
        stored, content = found
        etag = f'"{stored.sha256}"'
        response = get_conditional_response(request._request, etag=etag)
        if response is None:
            response = HttpResponse(content, content_type=stored.media_type)
        response.headers["ETag"], response.headers["Cache-Control"] = etag, "private, max-age=31536000, immutable"
        return response


def artifact_opened(request: Request, digest: str) -> Artifact:
    """The artifact of a digest; Http404 if there is none for this user, PermissionDenied if the token may not read answers."""
    artifact = artifact_or_404(request.user, digest)
    if artifact.kind == Analysis.kind and not RESULTS.is_held(request):
        raise PermissionDenied
    return artifact


def artifact_or_404(user: Person, digest: str) -> Artifact:
    """The artifact of a digest; Http404 if there is none for this user."""
    artifact = artifact_find(digest)
    if artifact is None or is_foreign_result(user, digest):
        raise Http404
    return artifact
