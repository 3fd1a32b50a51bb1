"""A study opens when all that it needs is there, not before."""

import pytest

from experiments import registry
from tests.webapp import made_up
from webapp.stimuli.models import Artifact
from webapp.studies.models import Study
from webapp.studies.preparation import needed_sets

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_study_whose_stimuli_lie_in_the_store_already_opens_with_all_of_them():
    first = made_up.study()
    # As after a new start of the database beside an old store.
    Artifact.objects.all().delete()

    second = made_up.study(opened=False)

    second.refresh_from_db()
    assert second.state == Study.State.OPEN
    assert {image.digest for image in second.images.all()} == {recipe.digest for recipe in needed_sets(second)}
    assert second.images.count() == first.images.count()
    assert made_up.session(second)[0].trials.count() >= registry.design(second.paper).Settings().practice_obvious
