"""Offering a study on Mechanical Turk."""

import pytest
from django.core.management import call_command

from experiments.contract.errors import InputError
from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import HIT_ID
from tests.webapp import made_up
from tests.webapp.participants.conftest import on_mturk, on_prolific
from webapp.participants.models import Recruitment
from webapp.studies.services.hit import hit_create

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
OFFER = {"site": "https://study.example", "places": 50, "hours": 24}


def test_study_is_offered_once(mturk, recruiting, capsys):
    study = recruiting(on_mturk(external_study_id=""))

    call_command("hit_create", study.name, "--site", "https://study.example/", "--places", "50")
    with pytest.raises(SystemExit):
        call_command("hit_create", study.name, "--site", "https://study.example/", "--places", "50")

    (hit,) = mturk.hits.values()
    assert f"https://study.example/p/{study.id}/frame/" in hit["Question"]
    assert (hit["MaxAssignments"], hit["Reward"]) == (50, "1.95")
    assert Recruitment.objects.get().external_study_id == HIT_ID
    assert "has the HIT" in capsys.readouterr().err


def test_lost_answer_makes_no_second_hit(mturk, recruiting):
    study = recruiting(on_mturk(external_study_id=""))
    mturk.fail("CreateHIT", Fault.LOST_AFTER)

    for _ in range(2):
        with pytest.raises(InputError):
            hit_create(study, **OFFER)

    assert len(mturk.hits) == 1


@pytest.mark.parametrize(
    ("changes", "field"), [({"site": "http://a.example"}, "site"), ({"places": 0}, "places"), ({"hours": 0}, "hours")]
)
def test_offer_that_cannot_be_is_refused(mturk, recruiting, changes, field):
    study = recruiting(on_mturk(external_study_id=""))

    with pytest.raises(InputError) as refused:
        hit_create(study, **{**OFFER, **changes})

    assert refused.value.field == field
    assert mturk.requests == []


def test_other_studies_cannot_be_offered(mturk, recruiting):
    for study in (made_up.study(), recruiting(on_prolific())):
        with pytest.raises(InputError) as refused:
            hit_create(study, **OFFER)
        assert refused.value.field == "study"
