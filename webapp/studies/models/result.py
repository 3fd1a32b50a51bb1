"""The analyses of a study."""

from django.db import models

from webapp.studies.models.study import Study


class StudyResult(models.Model):
    """An analysis that was asked for: which artifact it will be, and how many sessions it was computed from."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="results")
    digest = models.CharField(max_length=64, help_text="Digest of the analysis")
    live_sessions = models.PositiveIntegerField()
    bot_sessions = models.PositiveIntegerField(help_text="Simulated participants")
    outdated = models.BooleanField(default=False, help_text="Sessions that it was computed from were judged anew since")
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest"], name="one_result_per_table"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.live_sessions} people, {self.bot_sessions} simulated"
