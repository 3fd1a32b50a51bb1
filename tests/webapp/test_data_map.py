"""The data map: every field says what it means and what it tells of a person; the page is as the models are."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client

from webapp.participants.data import Sort
from webapp.participants.data_map import data_of, fields, mapped_tables

pytestmark = pytest.mark.unit
OURS = [model for model in apps.get_models() if model.__module__.startswith("webapp.")]
PAGE = "/admin/participants/auditentry/data-map/"


def inherited(model: type[Model]) -> set[str]:
    """The fields that a library's abstract model gives it, with that library's words."""
    bases = [base for base in model.__mro__[1:] if not base.__module__.startswith("webapp.") and hasattr(base, "_meta")]
    return {field.name for base in bases for field in base._meta.fields}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_field_says_what_it_means(model: type[Model]) -> None:
    assert [field.name for field in fields(model) if not field.help_text and field.name not in inherited(model)] == []


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_field_has_one_sort(model: type[Model]) -> None:
    declared = [name for name, _ in data_of(model).sorts()]

    assert sorted(declared) == sorted(field.name for field in fields(model))


def test_ids_of_participants_in_clear_are_in_one_table_and_the_orders_by_which_they_were_paid() -> None:
    personal = {
        f"{table.label}.{column.name}" for table in mapped_tables() for column in table.columns if column.sort == Sort.PERSONAL
    }
    of_staff = {"participants.AuditEntry.actor", "runs.TrainingRun.started_by", "studies.Study.contact"}

    ours = {name for name in personal if name.startswith(("participants.", "stimuli.", "runs.", "studies."))} - of_staff

    assert ours == {
        "participants.Submission.external_participant_id",
        "participants.Submission.external_id",
        "participants.Payment.order_id",
        "participants.Payment.error",
    }


@pytest.mark.django_db
def test_staff_who_may_see_the_audit_see_the_data_map_and_others_do_not() -> None:
    pages = {}
    for right in ("view_auditentry", "view_participant"):
        user = User.objects.create_user(right, is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename=right))
        client = Client()
        client.force_login(user)
        pages[right] = client.get(PAGE)

    assert [page.status_code for page in pages.values()] == [200, 403]
    shown = pages["view_auditentry"].content.decode()
    assert all(table.label in shown for table in mapped_tables())
    assert "participants.see_external_ids" in shown
