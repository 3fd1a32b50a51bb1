"""The explorer's pages: from networks to layers, units and a study; the lineage; who may, and what does not exist."""

import hashlib

import pytest
from django.contrib.auth.models import User
from django.test import Client

from experiments.contract.recipes import ActivationIndex
from tests.webapp import explored, made_up
from tests.webapp.explored import PAGE, UNIT, text_of
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import artifact_lineage

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LAYER = "/explorer/efficientnet_lite0.in1k/_blocks.3/"
PAGES = ("/explorer/", "/explorer/efficientnet_lite0.in1k/", LAYER, PAGE, "/circuits/")


@pytest.mark.parametrize("address", [*PAGES, f"{PAGE}parts/exemplars/", "/lineage/abc/"])
def test_pages_ask_for_a_login_and_for_the_right_to_look(address: str) -> None:
    nobody = Client()
    staff = Client()
    staff.force_login(User.objects.create_user("staff", is_staff=True))

    assert nobody.get(address).headers["Location"].startswith("/admin/login/")
    assert staff.get(address).status_code == 403


@pytest.mark.parametrize("address", PAGES)
def test_pages_without_any_artifact_say_what_there_is(address: str, researcher: Client) -> None:
    page = researcher.get(address)

    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        (UNIT, PAGE),
        ("efficientnet_lite0.in1k/_blocks_3:5", PAGE),
        (f" {UNIT}@c,c ", f"{LAYER}5@c,c/"),
    ],
)
def test_address_leads_to_its_unit_also_as_lucent_writes_it(wanted: str, leads_to: str, researcher: Client) -> None:
    jumped = researcher.get("/explorer/", {"unit": wanted})

    assert jumped.headers["Location"] == leads_to
    assert researcher.get(leads_to).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("nonsense", "'nonsense' is not a unit address"),
        ("resnet900.x/layer1:0", "model 'resnet900.x' is unknown"),
        ("efficientnet_lite0.in1k/_blocks.33:0", ": efficientnet_lite0.in1k has no layer '_blocks.33'"),
        ("efficientnet_lite0.in1k/_blocks.3:4000", "has no channel 4000. Give a channel from 0 to 39"),
        ("efficientnet_lite0.in1k/_fc:3@1,1", "does not fit layer _fc"),
    ],
)
def test_wrong_address_is_told_with_what_to_do(wanted: str, told: str, researcher: Client) -> None:
    page = researcher.get("/explorer/", {"unit": wanted})

    assert page.status_code == 400
    assert told in text_of(page)


@pytest.mark.parametrize("address", ["nope/", "efficientnet_lite0.in1k/nope/", "efficientnet_lite0.in1k/_blocks.3/9999/"])
def test_page_of_what_does_not_exist_leads_to_what_does(address: str, researcher: Client) -> None:
    page = researcher.get(f"/explorer/{address}")

    assert page.status_code == 404
    assert "/explorer/efficientnet_lite0.in1k/" in text_of(page)
    assert "Choose" in text_of(page) or "Give" in text_of(page)


def test_layer_shows_pages_of_units_with_the_pictures_that_there_are(researcher: Client) -> None:
    exemplars, seen = explored.made("exemplars"), explored.made("visualization")
    explored.made("opposite")

    first, last = researcher.get(LAYER), researcher.get(f"{LAYER}?page=2")
    cells = {cell.channel: [picture.url for picture in cell.pictures] for cell in first.context["cells"]}

    assert cells[5] == [f"/api/v1/artifacts/{exemplars.digest}/files/max_000", f"/api/v1/artifacts/{seen.digest}/files/image_0"]
    assert cells[4] == []
    assert "newest pictures of each unit, whatever their settings" in text_of(first)
    assert "New pictures are made from 1700 images" in text_of(first)
    assert [cell.channel for cell in last.context["cells"]] == list(range(24, 40))


def test_pictures_of_a_page_of_units_are_made_with_one_button(researcher: Client) -> None:
    researcher.post(f"{LAYER}?page=2")

    assert "32 are under way" in text_of(researcher.get(f"{LAYER}?page=2"))
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["exemplars"] * 16 + ["feature_visualization"] * 16
    assert {job.unit.rpartition(":")[2] for job in Job.objects.all()} == {str(channel) for channel in range(24, 40)}


def test_chosen_units_reach_the_builder_and_become_a_study(researcher: Client) -> None:
    units = [f"efficientnet_lite0.in1k/_blocks.3:{channel}" for channel in (3, 5)]
    choice = "/admin/studies/study/add/?" + "&".join(f"unit={unit}" for unit in units)

    chosen = researcher.post(choice, {"paper": "zimmermann2023_scale"})
    builder = researcher.get(chosen.headers["Location"])

    assert builder.context["forms"].study["pasted"].value().split() == units
    assert builder.context["forms"].study["units_from"].value() == "pasted"


def test_neighbors_end_at_the_ends_of_the_layer(researcher: Client) -> None:
    first, last = (researcher.get(f"{LAYER}{channel}/").context for channel in (0, 39))

    assert (first["before_url"], first["after_url"]) == (None, f"{LAYER}1/")
    assert (last["before_url"], last["after_url"]) == (f"{LAYER}38/", None)


def test_lineage_walks_from_a_picture_to_the_weights(researcher: Client) -> None:
    index = explored.kept(ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.3"), ())
    exemplars = explored.made("exemplars", parents=[index.digest])
    seen = explored.made("visualization", parents=[exemplars.digest])

    page = text_of(researcher.get(f"/lineage/{seen.digest}/"))
    order = [page.index(f'id="d{one.digest[:12]}"') for one in (seen, exemplars, index)]

    assert order == sorted(order)
    assert page.index("Weights of efficientnet_lite0.in1k") > order[-1]
    assert f'href="{PAGE}"' in page
    assert {researcher.get(f"/lineage/{what}/").status_code for what in ("abc", "%00", "a" * 300)} == {404}


def test_lineage_of_hundreds_is_looked_up_a_generation_at_once(django_assert_max_num_queries) -> None:
    parents = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
    of = {"recipe": {"kind": "exemplars"}, "files": [], "provenance": {}}
    for digest in parents:
        Artifact.objects.create(digest=digest, kind="exemplars", manifest={**of, "digest": digest, "parents": []})
    Artifact.objects.create(digest="f" * 64, kind="index", manifest={**of, "digest": "f" * 64, "parents": parents})

    with django_assert_max_num_queries(4):
        found = artifact_lineage("f" * 64)

    assert [artifact.digest for artifact in found] == ["f" * 64, *parents]


def test_lineage_of_many_alike_shows_the_first_of_them(researcher: Client) -> None:
    indices = [
        explored.kept(ActivationIndex(model="efficientnet_lite0.in1k", layer="_blocks.3", seed=seed), ()) for seed in range(8)
    ]
    exemplars = explored.made("exemplars", parents=[index.digest for index in indices])

    page = text_of(researcher.get(f"/lineage/{exemplars.digest}/"))

    assert page.count("<h2>Activation index</h2>") == 5
    assert "and 3 more." in page
    assert "3 more of the same kinds" in page


def test_study_and_trial_lead_to_the_explorer_and_the_lineage(researcher: Client) -> None:
    study = made_up.study()
    session, _ = made_up.session(study)
    trial = session.trials.filter(kind="main").first()

    of_study = text_of(researcher.get(f"/admin/studies/study/{study.id}/change/"))
    of_trial = text_of(researcher.get(f"/admin/studies/trial/{trial.id}/change/"))

    assert 'href="/explorer/efficientnet_lite0.in1k/_blocks.3/1/?pool=' in of_study
    assert 'href="/lineage/' in of_trial
    assert 'href="/explorer/"' in text_of(researcher.get("/admin/"))
