"""Which sessions count: versions of a study's rules, and what each rule says of each session."""

from django.db import models

from webapp.studies.models.session import Session
from webapp.studies.models.study import Study


class QualityRuleSet(models.Model):
    """A version of a study's quality rules; never edited, since verdicts refer to it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="quality_rule_sets")
    version = models.PositiveSmallIntegerField()
    rules = models.JSONField(help_text="Condition to a list of rules, each with name, low and high")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "version"], name="one_rule_set_per_version"),)

    def __str__(self) -> str:
        return f"{self.study.name}: rules {self.version}"


class QualityVerdict(models.Model):
    """What one rule says of one session. Excluding a session deletes nothing."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="verdicts")
    rule_set = models.ForeignKey(QualityRuleSet, on_delete=models.CASCADE)
    rule = models.CharField(max_length=30)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    value = models.FloatField(null=True, help_text="None where the session has nothing that the rule could judge")
    passed = models.BooleanField()
    checked_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "rule_set", "rule"], name="one_verdict_per_rule"),)

    def __str__(self) -> str:
        return f"{self.session}: {self.rule} {'passed' if self.passed else 'failed'}"
