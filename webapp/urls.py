"""All addresses: participants, researchers' pages and admin, REST with its documentation, health and metrics."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponseBase
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAdminUser

from webapp.known_queries import KnownQuery
from webapp.operation import views as operation_views
from webapp.participants import hooks
from webapp.runs import api as runs_api
from webapp.stimuli import api as stimuli_api
from webapp.stimuli.circuits import api as circuits_api
from webapp.stimuli.networks import api as networks_api
from webapp.studies import api as studies_api
from webapp.studies.exports import api as exports_api
from webapp.studies.exports import views as exports_views
from webapp.studies.exports.codebook import api as codebook_api
from webapp.studies.exports.codebook import views as codebook_views
from webapp.studies.operations import views as operations_views
from webapp.studies.participant import erase, error_pages
from webapp.studies.quality import views as quality_views
from webapp.studies.results import views as results_views

api_urls = [
    path("studies", studies_api.StudyListApi.as_view(), name="studies"),
    path("studies/<uuid:study_id>", studies_api.StudyApi.as_view(), name="study"),
    path("studies/<uuid:study_id>/codebook", codebook_api.CodebookApi.as_view(), name="codebook"),
    path("studies/<uuid:study_id>/responses", exports_api.ResponsesApi.as_view(), name="responses"),
    path("studies/<uuid:study_id>/responses/pages", exports_api.ResponsePagesApi.as_view(), name="response-pages"),
    path("studies/<uuid:study_id>/responses/receipts/<uuid:receipt_id>", exports_api.ReceiptApi.as_view(), name="receipt"),
    path("units", studies_api.UnitListApi.as_view(), name="units"),
    path("stimuli", stimuli_api.StimulusCreateApi.as_view(), name="stimuli"),
    path("circuits", circuits_api.CircuitListApi.as_view(), name="circuits"),
    path("circuits/<str:digest>", circuits_api.CircuitApi.as_view(), name="circuit"),
    path("runs", runs_api.RunListApi.as_view(), name="runs"),
    path("runs/<str:digest>", runs_api.RunApi.as_view(), name="run"),
    path("models", networks_api.ModelListApi.as_view(), name="models"),
    path("models/<str:model_id>", networks_api.ModelApi.as_view(), name="model"),
    path("jobs/<uuid:job_id>", stimuli_api.JobApi.as_view(), name="job"),
    path("artifacts/<str:digest>", stimuli_api.ArtifactApi.as_view(), name="artifact"),
    path("artifacts/<str:digest>/files/<path:name>", stimuli_api.ArtifactFileApi.as_view(), name="artifact-file"),
    path("lineage/<str:digest>", stimuli_api.LineageApi.as_view(), name="lineage"),
    path("schema", SpectacularAPIView.as_view(permission_classes=[IsAdminUser, KnownQuery]), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
# The lists are wide, and the index is one click away.
admin.site.enable_nav_sidebar = False
# There is no front page for anybody but staff, whom it leads to the admin.
admin.site.site_url = None


def _staff_led_to(name: str) -> Callable[..., HttpResponseBase]:
    return staff_member_required(RedirectView.as_view(pattern_name=name, http_method_names=["get", "head"]))


urlpatterns = [
    re_path("^$", _staff_led_to("admin:index")),
    path("runs/", _staff_led_to("admin:runs_trainingrun_changelist")),
    path("healthz", operation_views.health, name="health"),
    path("readyz", operation_views.ready, name="ready"),
    path("metrics", operation_views.metrics, name="metrics"),
    path("p/<uuid:study_id>/", include("webapp.studies.participant.urls")),
    path("erase/", erase.erase, name="erase"),
    path("hooks/prolific", hooks.prolific, name="prolific-hook"),
    path("studies/<uuid:study_id>/results/", results_views.results, name="results"),
    path("studies/<uuid:study_id>/codebook/", codebook_views.codebook_page, name="codebook"),
    path("studies/<uuid:study_id>/operations/", operations_views.operations, name="operations"),
    path("studies/<uuid:study_id>/export/", exports_views.export_page, name="export"),
    path("studies/<uuid:study_id>/quality/", quality_views.quality, name="quality"),
    path("", include("webapp.runs.urls")),
    path("", include("webapp.stimuli.urls")),
    path("api/v1/", include((api_urls, "api"))),
    path(settings.ADMIN_PATH, include("webapp.second_factor.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
]
handler400 = error_pages.unreadable
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.fault
