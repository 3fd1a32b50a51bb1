"""What the operations page keeps for a while, and what it reads each time."""

import pytest
from django.core.cache import caches

from tests.webapp import made_up

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_figures_are_kept_for_a_while_and_the_buttons_are_up_to_date(researcher, django_assert_max_num_queries):
    study = made_up.study()
    url = f"/studies/{study.id}/operations/"
    made_up.session(study)
    first = researcher.get(url).content.decode()
    made_up.session(study)

    with django_assert_max_num_queries(14) as kept:
        researcher.get(url)
    researcher.post(url, {"action": "pause", "condition": "natural"})
    second = researcher.get(url).content.decode()
    caches["operations"].clear()
    later = researcher.get(url).content.decode()

    assert [query["sql"] for query in kept.captured_queries if "studies_response" in query["sql"]] == []
    assert ["started: 1 reached of 1" in page for page in (first, second, later)] == [True, True, False]
    assert ["Resume natural" in page for page in (first, second)] == [False, True]
