"""The analyses of a study."""

from django.db import models

from webapp.participants.data import Data
from webapp.studies.models.study import Study


class StudyResult(models.Model):
    """An analysis that was asked for: which artifact it will be, and how many sessions it was computed from."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="results", help_text="Which study was analyzed")
    digest = models.CharField(max_length=64, help_text="Digest of the analysis")
    live_sessions = models.PositiveIntegerField(help_text="People")
    bot_sessions = models.PositiveIntegerField(help_text="Simulated participants")
    outdated = models.BooleanField(default=False, help_text="Sessions that it was computed from were judged anew since")
    requested_at = models.DateTimeField(auto_now_add=True, help_text="When it was asked for")

    DATA = Data(
        purpose="Which tables and figures show the study",
        kept="Until the study is analyzed anew",
        erasure="Deleted with its table and files, then computed from what is left",
        none="study digest live_sessions bot_sessions outdated requested_at",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest"], name="one_result_per_table"),)

    def __str__(self) -> str:
        return f"{self.study.name}: {self.live_sessions} people, {self.bot_sessions} simulated"
