"""A unit's page: parts are asked for, watched, cancelled, tried again, shown, and flagged where a person should take care."""

import time
from typing import Any

import pytest
from django.test import Client

from experiments import jobs
from tests.webapp import explored
from tests.webapp.explored import PAGE, text_of
from webapp import compute
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request, job_end

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LAYER = "/explorer/efficientnet_lite0.in1k/_blocks.3/"


def act(client: Client, action: str, part: str = "", *, query: str = "") -> Any:
    return client.post(f"{PAGE}act/{query}", {"action": action, "part": part})


def states(client: Client, address: str = PAGE) -> dict[str, str]:
    return {one["part"].name: one["part"].state for one in client.get(address).context["parts"]}


def test_reader_sees_pictures_and_no_button(reader: Client) -> None:
    explored.made("exemplars")

    page = reader.get(PAGE)
    refused = act(reader, "make", "occlusion")

    assert 'alt="exemplars max 000' in text_of(page)
    assert 'name="action"' not in text_of(page)
    assert refused.status_code == reader.post(LAYER).status_code == 403
    assert not Job.objects.exists()


def test_make_asks_for_one_part_and_make_all_for_the_rest(researcher: Client) -> None:
    explored.made("occlusion")

    act(researcher, "make", "exemplars")
    one = states(researcher)
    act(researcher, "make")
    rest = states(researcher)

    assert one["exemplars"] == "queued"
    assert one["visualization"] == "absent"
    assert rest["occlusion"] == "finished"
    assert {state for name, state in rest.items() if name != "occlusion"} <= {"queued", "refused"}
    assert Job.objects.get(kind="exemplars").recipe == explored.recipe_of("exemplars").as_json()


def test_options_are_kept_in_the_query_string_and_enter_the_recipes(researcher: Client) -> None:
    query = "?pool=photographs%2Bstamps&size=64&steps=12"

    made = act(researcher, "make", "visualization", query=query)
    recipe = Job.objects.get().recipe

    assert made.headers["Location"] == f"{PAGE}{query}#visualization"
    assert (recipe["pool"], recipe["size"], recipe["steps"], recipe["pool_resolution"]) == ("photographs+stamps", 64, 12, 64)
    assert states(researcher, f"{PAGE}{query}")["visualization"] == "queued"
    assert states(researcher)["visualization"] == "absent"


def test_options_that_cannot_be_are_told_at_their_fields(researcher: Client) -> None:
    page = researcher.get(f"{PAGE}?size=9&pool=nope")

    assert list(page.context["form"].errors) == ["size"]
    assert "pool: 'nope' is no pool" in text_of(page)
    assert set(states(researcher, f"{PAGE}?pool=nope").values()) == {"refused"}


def test_part_tells_its_progress_and_the_time_left(researcher: Client) -> None:
    job = artifact_request(explored.recipe_of("exemplars"))
    assert isinstance(job, Job)
    now = time.time()
    told = jobs.Progress(job=str(job.id), done=10, total=40, doing="reading", beat_at=now, since=now - 20)
    compute.queue().backend.store_result(str(job.task_id), told.as_json(), "PROGRESS")

    part = researcher.get(f"{PAGE}parts/exemplars/")

    assert '<progress value="10" max="40"' in text_of(part)
    assert "reading 10/40, about 60 s left" in text_of(part)
    assert f'data-live="{PAGE}parts/exemplars/"' in text_of(part)


def test_cancel_stops_a_part_and_try_again_asks_anew(researcher: Client) -> None:
    act(researcher, "make", "exemplars")
    first = Job.objects.get()

    act(researcher, "cancel", "exemplars")
    cancelled = states(researcher)["exemplars"]
    act(researcher, "make", "exemplars")

    assert cancelled == "cancelled"
    assert store().is_cancelled(str(first.id))
    assert states(researcher)["exemplars"] == "queued"
    assert Job.objects.count() == 2


@pytest.mark.parametrize(("action", "part"), [("make", "horoscope"), ("cancel", "exemplars"), ("horoscope", "exemplars")])
def test_button_that_is_none_asks_for_nothing_and_says_so(action: str, part: str, researcher: Client) -> None:
    page = researcher.get(act(researcher, action, part).headers["Location"])

    assert "Nothing was done" in text_of(page)
    assert not Job.objects.exists()


def test_failed_part_says_why_and_can_be_tried_again(researcher: Client) -> None:
    job = artifact_request(explored.recipe_of("exemplars"))
    job_end(jobs.failed(str(job.id), {"field": "pool", "message": "the folder is empty", "remedy": "Put images there"}))

    page = text_of(researcher.get(PAGE))

    assert "pool: the folder is empty. Put images there." in page
    assert "Try again: Exemplars" in page


def test_pictures_stand_with_captions_activations_and_histogram(researcher: Client) -> None:
    explored.made("exemplars", histogram={"edges": [-1.0, 0.0, 1.0, 2.0], "counts": [5, 10, 1], "exemplars": {"max": [2]}})
    explored.made("occlusion")

    page = text_of(researcher.get(PAGE))

    assert "Activate it most" in page
    assert "covered where it is least active" in page
    assert 'aria-label="Activations of 16 images from -1 to 2"' in page
    assert page.count("<rect") == 3
    assert page.count('<rect class="marked"') == 1
    assert "style=" not in page


def test_picture_is_a_link_to_its_file(researcher: Client) -> None:
    seen = explored.made("visualization")

    page, file = text_of(researcher.get(PAGE)), f"/api/v1/artifacts/{seen.digest}/files/image_0"

    assert f'<a href="{file}" aria-label="Open the picture: feature visualization image 0"' in page
    assert researcher.get(file).headers["Content-Type"] == "image/png"


def test_map_says_what_light_and_dark_mean(researcher: Client) -> None:
    explored.made("occlusion", min=-0.5, max=3.25, base=3.0)

    page = text_of(researcher.get(PAGE))

    assert "when the square covers the image there: the darker the less, from -0.5 (black) to 3.25 (white)" in page
    assert "The whole image gives 3." in page


def test_images_that_could_not_be_read_are_told(researcher: Client) -> None:
    skipped, unreadable = [{"shard": "a.tar", "reason": "is truncated", "images_lost": 3}], [{"source": "b.png"}]
    explored.made("exemplars", skipped=skipped, unreadable_images=2, unreadable=unreadable)

    told = text_of(researcher.get(PAGE))
    assert "shard a.tar is truncated; at least 3 images lost" in told
    assert "2 images cannot be read, the first is b.png" in told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"beats_natural": [False, True], "best_natural": 7.25, "below_natural": True}, "1 of 2 images stay below the exemplars"),
        (
            {"beats_natural": [False, False], "best_natural": 7.25, "below_natural": True},
            "2 of 2 images stay below the exemplars",
        ),
        ({"beats_natural": [False, False], "best_natural": 7.25, "dead": [True, True]}, "The unit is dead"),
    ],
)
def test_weak_or_dead_unit_is_flagged_beside_its_picture(values: dict[str, Any], told: str, researcher: Client) -> None:
    explored.made("visualization", **values)

    assert told in text_of(researcher.get(PAGE))


def test_image_that_does_not_activate_a_unit_does_not_make_it_dead(researcher: Client) -> None:
    explored.made("occlusion", dead=True)

    page = text_of(researcher.get(PAGE))

    assert "This image does not activate the unit" in page
    assert "is dead" not in page


def test_visualization_that_beats_nature_has_no_remark(researcher: Client) -> None:
    explored.made("visualization", beats_natural=[True, True], best_natural=1.0, dead=[False, True])

    assert 'class="notice"' not in text_of(researcher.get(PAGE))


def test_part_made_on_the_way_to_another_is_shown_without_a_job(researcher: Client) -> None:
    explored.made("exemplars")
    Artifact.objects.all().delete()

    assert states(researcher)["exemplars"] == "finished"
    assert researcher.get(PAGE).status_code == 200
