"""Names that lead elsewhere: not found or refused, whatever takes a name; nothing outside of the stores is read or written."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client

from experiments.contract.errors import InputError
from tests.webapp import made_up
from tests.webapp.test_participant_api import main_trials
from webapp.participants.consent import default_consent
from webapp.stimuli.models import Artifact
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.models import Study
from webapp.studies.services.study import StudyPlan, study_create

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
TRICKS = (
    "../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\etc\\passwd",
    "a/../../b",
    "....//....//etc/passwd",
    "file:///etc/passwd",
    "natural\x00.png",
    "..%2f..%2fetc/passwd",
    "\uff0e\uff0e/etc/passwd",
    "a\u202egnp.exe",
    ".",
    "~root",
)


@pytest.mark.parametrize("trick", TRICKS)
def test_address_with_a_trick_in_it_is_not_found(trick: str, researcher: Client) -> None:
    made_up.study()
    digest, name = Artifact.objects.values_list("digest", flat=True)[0], quote(trick, safe="")

    for address in (
        f"/api/v1/artifacts/{digest}/files/{name}",
        f"/api/v1/artifacts/{digest}/files/{quote(trick)}",
        f"/api/v1/artifacts/{name}",
        f"/api/v1/lineage/{name}",
        f"/api/v1/models/{name}",
        f"/api/v1/circuits/{name}",
        f"/api/v1/runs/{name}",
        f"/lineage/{name}/",
        f"/explorer/{name}/",
        f"/static/{name}",
    ):
        response = researcher.get(address)
        assert response.status_code in (400, 404), address
        assert b"root:" not in response.content


def test_image_has_no_name_but_its_place(browser) -> None:
    client, session = browser(made_up.study())
    trial = main_trials(session)[0]

    for trick in TRICKS:
        assert client.get(f"/p/{session.study_id}/images/{trial.id}/{quote(trick, safe='')}").status_code == 404


@pytest.mark.parametrize("trick", [*TRICKS, "with space", 'quote"d', "new\nline", "semi;colon", "ünicode", "", "x" * 300])
def test_study_has_a_name_that_files_can_have(trick: str) -> None:
    with pytest.raises(InputError) as raised:
        study_create(
            StudyPlan(name=trick, paper="zimmermann2023_scale", units=made_up.UNITS, settings={}, conditions=()),
            consent=default_consent(),
        )

    assert raised.value.field == "name"
    assert not Study.objects.exists()


def test_mapping_is_read_from_where_the_operator_says_and_never_written(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    for trick in TRICKS:
        with pytest.raises((InputError, ValueError)):
            ImportMapping.load(trick)

    assert sorted(tmp_path.rglob("*")) == before
