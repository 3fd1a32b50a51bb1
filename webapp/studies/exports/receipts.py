"""Receipts by which whoever has downloaded an export sees that it is whole: rows, bytes and sha256, kept for a day."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from webapp.studies.exports.formats import export
from webapp.studies.exports.selection import Selection
from webapp.studies.exports.text_rows import column_kinds
from webapp.studies.models import Study

Receipt = dict[str, Any]
KEPT_SECONDS = 24 * 60 * 60
log = logging.getLogger(__name__)


def export_receipted(
    study: Study, *, form: str, selection: Selection, tell: Callable[[Receipt], None]
) -> Generator[bytes, None, Receipt]:
    """The export in pieces; `tell` is given its receipt at the start, at the end, and where it breaks off.

    Raises:
        InputError: The format is unknown (when called, before anything is sent).
    """
    return _receipted(export(study, form=form, selection=selection), _begun(study, form, selection), tell)


def _begun(study: Study, form: str, selection: Selection) -> Receipt:
    return {
        "state": "running",
        "study": study.name,
        "design_digest": study.design_digest,
        "format": form,
        "selection": selection.as_noted(),
        "columns": list(column_kinds(study, selection)),
        "started_at": datetime.now(UTC).isoformat(),
    }


def _receipted(
    pieces: Generator[bytes, None, int], receipt: Receipt, tell: Callable[[Receipt], None]
) -> Generator[bytes, None, Receipt]:
    digest, size = hashlib.sha256(), 0
    tell(receipt)
    try:
        while True:
            piece = next(pieces)
            digest.update(piece)
            size += len(piece)
            yield piece
    except StopIteration as end:
        numbers = {"rows": end.value, "bytes": size, "sha256": digest.hexdigest()}
    except BaseException:  # also GeneratorExit: the client has gone
        tell({**receipt, "state": "broken"})
        raise
    finally:
        pieces.close()
    whole = {**receipt, **numbers, "state": "complete", "finished_at": datetime.now(UTC).isoformat()}
    # Before the last byte is sent: whoever has it can ask at once.
    tell(whole)
    return whole


def export_with_receipt(study: Study, *, form: str, selection: Selection) -> tuple[uuid.UUID, Iterator[bytes]]:
    """The id under which `receipt_by_id` finds the receipt, and the export in pieces.

    Without its cache the server sends the export nevertheless, and there is no receipt of it.
    """
    receipt_id = uuid.uuid4()

    def keep(receipt: Receipt) -> None:
        try:
            cache.set(_key(study, receipt_id), receipt, timeout=KEPT_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("no receipt is kept, since the cache fails: %s", error)

    return receipt_id, export_receipted(study, form=form, selection=selection, tell=keep)


def receipt_by_id(study: Study, receipt_id: uuid.UUID) -> Receipt | None:
    """The receipt of an export of this study; None if there is none or it is older than a day."""
    receipt: Receipt | None = cache.get(_key(study, receipt_id))
    return receipt


def _key(study: Study, receipt_id: uuid.UUID) -> str:
    return f"{study.id}:{receipt_id}"
