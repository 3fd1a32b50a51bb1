"""Which sessions count: versions of a study's rules, and what each rule says of each session."""

from django.db import models

from webapp.participants.data import Data
from webapp.studies.models.session import Session
from webapp.studies.models.study import Study


class QualityRuleSet(models.Model):
    """A version of a study's quality rules; never edited, since verdicts refer to it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="quality_rule_sets", help_text="Whose rules")
    version = models.PositiveSmallIntegerField(help_text="Number of the version, from 1")
    rules = models.JSONField(help_text="Condition to a list of rules, each with name, low and high")
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was made")

    DATA = Data(
        purpose="Which sessions count",
        kept="As long as the study",
        erasure="Nothing",
        none="study version rules created_at",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "version"], name="one_rule_set_per_version"),)

    def __str__(self) -> str:
        return f"{self.study.name}: rules {self.version}"


class QualityVerdict(models.Model):
    """What one rule says of one session. Excluding a session deletes nothing."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="verdicts", help_text="Of which session")
    rule_set = models.ForeignKey(QualityRuleSet, on_delete=models.CASCADE, help_text="By which version of the rules")
    rule = models.CharField(max_length=30, help_text="Name of the rule")
    low = models.FloatField(null=True, help_text="The least that passes; none: no such limit")
    high = models.FloatField(null=True, help_text="The most that passes; none: no such limit")
    value = models.FloatField(null=True, help_text="None where the session has nothing that the rule could judge")
    passed = models.BooleanField(help_text="Whether the session satisfies the rule")
    checked_at = models.DateTimeField(auto_now=True, help_text="When it was judged")

    DATA = Data(
        purpose="Why a session counts or does not",
        kept="As long as the session",
        erasure="Deleted, or kept with the answers without a person",
        pseudonymous="session rule_set rule low high value passed checked_at",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "rule_set", "rule"], name="one_verdict_per_rule"),)

    def __str__(self) -> str:
        return f"{self.session}: {self.rule} {'passed' if self.passed else 'failed'}"
