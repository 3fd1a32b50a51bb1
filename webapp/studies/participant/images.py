"""Images by address: a session's own trial and the sha256 of what is sent. The participant's interface asks here.

An address never means another image, so that browsers keep it for good. It tells nothing that the plan, which announces the same
sha256, does not; each trial has addresses of its own, so that the list of its images is all that a request needs to be allowed.
"""

from typing import Any

from webapp.stimuli.selectors import store
from webapp.studies.models import Session, StudyImage
from webapp.studies.padding import padded


def trial_image_find(session: Session, trial_id: Any, sha256: str) -> StudyImage | None:
    """The image of one of the session's own trials that has this content; None if there is none."""
    shown: dict[str, int] = next(iter(session.trials.filter(id=trial_id).values_list("images", flat=True)), {})
    return next(iter(StudyImage.objects.filter(id__in=shown.values(), served_sha256=sha256)), None)


def image_served(image: StudyImage) -> bytes:
    """The bytes that participants get, padded."""
    return padded(store().read_blob(image.blob), image.served_size)
