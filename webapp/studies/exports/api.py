"""REST for researchers: the responses of a study as a file or by pages, and the receipts of files."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.contract.errors import InputError
from webapp.negotiation import OneForm
from webapp.stimuli.api import ErrorSerializer
from webapp.studies.api import study_or_404
from webapp.studies.exports.asking import selection_asked
from webapp.studies.exports.documented import (
    FORMAT,
    PAGING,
    SELECTION,
    STREAMED,
    ExportRequestSerializer,
    PageSerializer,
    ReceiptSerializer,
)
from webapp.studies.exports.downloads import export_download
from webapp.studies.exports.pages import page_size, response_page
from webapp.studies.exports.receipts import receipt_by_id
from webapp.studies.permissions import EXPORTS, PERSONAL_IDS, RESPONSES
from webapp.studies.taken_home import export_note


class ResponsesApi(APIView):
    """The export as a file. The answer's header `Export-Receipt` says where the receipt is."""

    rights = EXPORTS
    content_negotiation_class = OneForm
    # No HEAD: each export is noted, and it would be one that nobody gets.
    http_method_names = ("get", "post", "options")

    @extend_schema(parameters=[FORMAT, *SELECTION], responses=STREAMED)
    def get(self, request: Request, study_id: str) -> StreamingHttpResponse:
        """The responses that the filters leave, streamed. Without personal ids, which are sent to a POST alone."""
        study, words = study_or_404(request.user, study_id), dict(request.query_params.lists())
        _refuse_personal(words, "Send a POST with the same names in a JSON body")
        return export_download(study, words, user=request.user, sees_ids=PERSONAL_IDS.is_held(request))

    @extend_schema(request=ExportRequestSerializer, responses=STREAMED)
    def post(self, request: Request, study_id: str) -> StreamingHttpResponse:
        """The same, asked for in a JSON body; `"ids": "personal"` needs the right to see them, and is noted."""
        study = study_or_404(request.user, study_id)
        return export_download(study, _words_of_body(request.data), user=request.user, sees_ids=PERSONAL_IDS.is_held(request))


class ResponsePagesApi(APIView):
    """The same rows by pages, for clients that walk through them."""

    rights = RESPONSES
    # No HEAD, as above.
    http_method_names = ("get", "options")

    @extend_schema(
        parameters=[parameter for parameter in (*SELECTION, *PAGING) if parameter.name not in ("flavor", "ids")],
        responses={200: PageSerializer, 400: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, study_id: str) -> Response:
        """A page of rows and the address of the next; null behind the last. That a walk begins is noted, as an export is."""
        study, words = study_or_404(request.user, study_id), dict(request.query_params.lists())
        _refuse_personal(words, "Export a file instead, by a POST")
        selection = selection_asked(study, words, beside=("size", "cursor"))
        size, cursor = page_size(request.query_params.get("size", "100")), request.query_params.get("cursor", "")
        page = response_page(study, selection, size=size, cursor=cursor)
        if not cursor:
            export_note(study, form="pages", selection=selection, actor=request.user)
        query = request.query_params.copy()
        query["cursor"] = page.cursor or ""
        return Response({"rows": page.rows, "next": f"{request.path}?{query.urlencode()}" if page.cursor else None})


class ReceiptApi(APIView):
    """What a downloaded file must be."""

    rights = RESPONSES

    @extend_schema(responses={200: ReceiptSerializer, 404: ErrorSerializer})
    def get(self, request: Request, study_id: str, receipt_id: uuid.UUID) -> Response:
        """Rows, bytes and sha256 of an export, once it is complete; kept for a day."""
        receipt = receipt_by_id(study_or_404(request.user, study_id), receipt_id)
        if receipt is None:
            raise Http404
        return Response(receipt)


def _refuse_personal(words: Mapping[str, Sequence[str]], remedy: str) -> None:
    if "personal" in words.get("ids", ()):
        raise InputError(field="ids", message="Personal ids are not sent this way", remedy=remedy)


def _words_of_body(body: Any) -> dict[str, list[str]]:
    """Name to values, as a query has them."""
    if not isinstance(body, dict):
        raise InputError(field="body", message="is no object", remedy="Send a JSON object of names and values")
    words = {name: value if isinstance(value, list) else [value] for name, value in body.items()}
    if any(isinstance(value, bool) for value in words.get("passed_checks", ())):
        words["passed_checks"] = [str(int(value)) if isinstance(value, bool) else value for value in words["passed_checks"]]
    for name, values in words.items():
        if not all(isinstance(value, str) for value in values):
            raise InputError(field=name, message="is no text", remedy="Send a text, or a list of texts")
    return words
