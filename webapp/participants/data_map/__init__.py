"""The data map: what is held of persons, where, why, how long, who sees it, what an erasure does. Read from the models."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Field, Model

from webapp.participants.data import Data, Sort
from webapp.participants.data_map.others import OTHERS


@dataclass(frozen=True, kw_only=True)
class Column:
    """A field of a table."""

    name: str
    sort: Sort
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with what its model declares."""

    name: str
    label: str
    data: Data
    seen_by: str
    columns: tuple[Column, ...]

    @property
    def worst(self) -> Sort:
        """The sort of the field that tells most of a person."""
        found = {column.sort for column in self.columns}
        return next(sort for sort in (Sort.PERSONAL, Sort.PSEUDONYMOUS, Sort.CREDENTIAL, Sort.NONE) if sort in found)


def mapped_tables() -> list[Table]:
    """Every table, ours before those of libraries."""
    models = sorted(
        (model for model in apps.get_models() if not model._meta.proxy), key=lambda model: (not is_ours(model), model._meta.label)
    )
    return [_table(model) for model in models]


def is_ours(model: type[Model]) -> bool:
    """Whether the model declares itself what it holds."""
    return hasattr(model, "DATA")


def fields(model: type[Model]) -> Iterator[Field]:
    """The fields that must be declared: all but the numbers that the database gives rows."""
    for field in (*model._meta.fields, *model._meta.many_to_many):
        if not field.auto_created:
            yield field


def data_of(model: type[Model]) -> Data:
    """What the model declares, or is known of a library's."""
    declared: Data = model.DATA if is_ours(model) else OTHERS[model._meta.label]  # type: ignore[attr-defined]  # asked before
    return declared


def _table(model: type[Model]) -> Table:
    data, meta = data_of(model), model._meta
    sorts = dict(data.sorts())
    return Table(
        name=str(meta.verbose_name_plural),
        label=meta.label,
        data=data,
        seen_by=data.seen_by or f"`{meta.app_label}.view_{meta.model_name}`",
        columns=tuple(
            Column(name=field.name, sort=sorts[field.name], meaning=str(field.help_text or field.verbose_name))
            for field in fields(model)
        ),
    )
