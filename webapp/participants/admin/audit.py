"""The admin page of the audit, which can only be read, and the data map beside it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from webapp.participants.data_map import mapped_tables
from webapp.participants.data_map.places import PLACES
from webapp.participants.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """Who did what with personal data. What staff edited on other pages stands in Django's own log, behind *History*."""

    change_list_template = "participants/admin/audit.html"
    list_display = ("at", "actor", "action", "details")
    list_filter = ("action", "actor")
    list_select_related = ("actor",)
    date_hierarchy = "at"
    ordering = ("-at",)

    def get_urls(self) -> list[URLPattern]:
        """The data map stands beside the list of entries."""
        return [
            path("data-map/", self.admin_site.admin_view(self.data_map), name="participants_data_map"),
            *super().get_urls(),
        ]

    def data_map(self, request: HttpRequest) -> HttpResponse:
        """Every table and place that data lie in: why, how long, who sees them, what an erasure does."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "title": "Data map", "tables": mapped_tables(), "places": PLACES}
        return render(request, "participants/admin/data_map.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is written where the thing is done."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """What is written stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """What is written stays."""
        return False
