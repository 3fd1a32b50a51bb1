"""Admin pages of quality rules and verdicts."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.rights import SeenRows, filter_by
from webapp.stimuli.admin import RecordAdmin
from webapp.studies.models import QualityRuleSet, QualityVerdict


@admin.register(QualityRuleSet)
class QualityRuleSetAdmin(SeenRows, RecordAdmin):
    """Versions of rules; a new one is made on the study's own page."""

    study_way = "study"
    list_display = ("study", "version", "created_at", "edit")
    list_filter = (("study", filter_by("")),)
    list_select_related = ("study",)
    ordering = ("study", "-version")
    fields = ("study", "version", "rules", "created_at", "edit")

    @admin.display(description="thresholds")
    def edit(self, rule_set: QualityRuleSet) -> SafeString:
        """Where a new version is made."""
        return format_html('<a href="{}">Set thresholds</a>', reverse("quality", args=[rule_set.study_id]))


@admin.register(QualityVerdict)
class QualityVerdictAdmin(SeenRows, RecordAdmin):
    """What each rule of each version says of each session."""

    study_way = "session__study"
    list_display = ("session", "rule", "low", "high", "value", "passed", "version", "checked_at")
    list_filter = (("session__study", filter_by("")), "rule", "passed", "rule_set__version", "session__kind")
    list_select_related = ("session", "rule_set")
    ordering = ("-session__created_at", "-rule_set__version", "id")

    @admin.display(ordering="rule_set__version")
    def version(self, verdict: QualityVerdict) -> int:
        """Of the rules."""
        return verdict.rule_set.version
