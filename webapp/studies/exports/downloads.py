"""An export as the answer to a request. Called by the REST interface and the export page, after they checked rights."""

import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.urls import reverse

from webapp.rights import Person
from webapp.studies.exports.asking import selection_asked
from webapp.studies.exports.formats import format_by_name
from webapp.studies.exports.receipts import export_with_receipt
from webapp.studies.models import Study
from webapp.studies.taken_home import export_note


def export_download(study: Study, words: Mapping[str, Sequence[str]], *, user: Person, sees_ids: bool) -> StreamingHttpResponse:
    """The file that `words` ask for, as a stream. That it leaves is noted before its first byte does.

    Raises:
        InputError: A word is unknown or malformed.
        PermissionDenied: Personal ids are asked for, and `user` may not see them.
    """
    selection = selection_asked(study, words, beside=("format",))
    form = words.get("format", ["csv"])[-1]
    media_type = format_by_name(form).media_type
    if selection.ids == "personal" and not sees_ids:
        raise PermissionDenied
    receipt_id, pieces = export_with_receipt(study, form=form, selection=selection)
    export_note(study, form=form, selection=selection, actor=user)
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(study, form=form)}"',
        "Export-Receipt": reverse("api:receipt", args=[study.id, receipt_id]),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(pieces, content_type=media_type, headers=headers)


def file_name(study: Study, *, form: str) -> str:
    """Of ASCII letters, digits, dots and dashes alone, whatever the study is called."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', study.name)}.{format_by_name(form).suffix}"
