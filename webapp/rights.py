"""Which rows a researcher sees: those of studies that are open to all staff, or that name them. What is foreign does not exist.

Every query of REST, pages and the admin that reaches rows of studies goes through here.
"""

from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

SEE_ALL = "studies.see_all_studies"
SEE_STUDIES = "studies.view_study"
Row = TypeVar("Row", bound=Model)
Person = User | AnonymousUser


def seen_by(user: Person, rows: QuerySet[Row], *, study: str) -> QuerySet[Row]:
    """The rows whose study `user` may see.

    Args:
        user: Who asks.
        rows: Of any table.
        study: The way from a row to its study, as in a query; empty for studies themselves. Rows of no study are everybody's.
    """
    if user.has_perm(SEE_ALL):
        return rows
    way = f"{study}__researchers" if study else "researchers"
    seen = rows.model._default_manager.filter(Q(**{way: None}) | Q(**{way: user}))
    # By their keys, so that neither counts nor the joins of other filters are disturbed.
    return rows.filter(pk__in=seen.values("pk"))


def foreign_results(user: Person) -> QuerySet[Any]:
    """The digests of analyses that pages do not show `user` either: who knows one gets no artifact and no job by it."""
    # By its name, since what stimuli and runs show must not depend on studies.
    results = apps.get_model("studies", "StudyResult")._default_manager
    if not user.has_perm(SEE_STUDIES):
        return results.values("digest")
    seen = seen_by(user, results.all(), study="study")
    return results.exclude(pk__in=seen.values("pk")).values("digest")


def is_foreign_result(user: Person, digest: str) -> bool:
    """Whether a digest is of an analysis that `user` may not see."""
    return bool(foreign_results(user).filter(digest=digest).exists())


class SeenRows(admin.ModelAdmin):
    """A base of admin classes whose rows belong to studies: they list and open what the user may see."""

    study_way: ClassVar[str]
    """As `seen_by` takes it."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what the user may see."""
        return seen_by(request.user, super().get_queryset(request), study=self.study_way)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only what the user may see can be chosen."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and field.queryset is not None and db_field.name == "recruitment":
            field.queryset = seen_by(request.user, field.queryset, study="study")
        return field


def filter_by(study: str) -> type[admin.RelatedFieldListFilter]:
    """A filter of admin lists by related rows, which offers only those that the user may see; `study` is the way from them."""

    class SeenFilter(admin.RelatedFieldListFilter):
        def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
            """What can be chosen."""
            seen = seen_by(request.user, field.related_model._default_manager.all(), study=study)
            ordering = self.field_admin_ordering(field, request, model_admin)
            return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to={"pk__in": seen.values("pk")})

    return SeenFilter
