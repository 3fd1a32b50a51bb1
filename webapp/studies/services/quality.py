"""Writes of quality: versions of a study's rules, and their verdicts on sessions, when a session ends and ever after.

A session that fails is not counted; nothing of it is deleted, and its participant is paid like everybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from experiments.contract.fields import build, require
from experiments.contract.quality import QualityRule
from webapp.studies.models import QualityRuleSet, QualityVerdict, Session, Study
from webapp.studies.quality.judging import judge, sessions_facts
from webapp.studies.selectors import rules_by_condition, study_design, study_settings
from webapp.studies.services.rules_lock import rules_keep, rules_take

Rules = Mapping[str, Sequence[Mapping[str, Any]]]
"""Condition to its rules, each with `name`, `low`, `high`."""


@transaction.atomic
def rule_set_create(study: Study, rules: Rules) -> QualityRuleSet:
    """A new version of the study's rules; the same rules again are the same version. Judging by them is `study_judge`.

    Raises:
        InputError: A rule or condition is unknown, a rule stands there twice, or no session could satisfy it.
    """
    rules_take(study)
    names = [condition.name for condition in study.conditions.order_by("id")]
    for name in rules:
        require(name in names, "condition", f"{name!r} is no condition of {study.name}", f"Choose among {', '.join(names)}")
    checked = {name: [asdict(rule) for rule in _checked(rules.get(name, ()))] for name in names}
    newest = study.quality_rule_sets.order_by("-version").first()
    if newest is not None and newest.rules == checked:
        return newest
    return QualityRuleSet.objects.create(study=study, version=newest.version + 1 if newest else 1, rules=checked)


def _checked(rules: Sequence[Mapping[str, Any]]) -> list[QualityRule]:
    built = [build(QualityRule, rule) for rule in rules]
    for rule in built:
        require(sum(other.name == rule.name for other in built) == 1, rule.name, "it is given twice", "Give each rule once")
        largest = 1.0 if rule.name == "catch_ratio" else float("inf")
        can_pass = (rule.low is None or rule.low <= largest) and (rule.high is None or rule.high >= 0)
        require(can_pass, rule.name, "no session could satisfy it", "Give ends between which its values lie")
    return built


def rule_set_newest(study: Study) -> QualityRuleSet:
    """The rules by which the study's sessions are judged now: at first the published ones."""
    newest = study.quality_rule_sets.order_by("-version").first()
    # Two who end at once may both come here: neither takes the study, which the other keeps.
    return newest or study.quality_rule_sets.get_or_create(version=1, defaults={"rules": published_rules(study)})[0]


def published_rules(study: Study) -> dict[str, list[dict[str, Any]]]:
    """What the paper's design asks of a session, by condition."""
    design, settings = study_design(study), study_settings(study)
    conditions = [condition.name for condition in study.conditions.order_by("id")]
    return {name: [asdict(rule) for rule in design.quality_rules(condition=name, settings=settings)] for name in conditions}


@transaction.atomic
def session_judge(session: Session) -> bool:
    """Judge a session by its study's newest rules; whether it passed them all."""
    rules_keep(session)
    return _judge(session.study, Session.objects.filter(id=session.id), rule_set_newest(session.study))[session.id]


def person_judge(session: Session) -> None:
    """Judge anew what a person finished in other studies of this paper: they have taken part once more."""
    same_person = Session.objects.filter(participant__external_id_hash=session.participant.external_id_hash)
    others = same_person.filter(study__paper=session.study.paper, state=Session.State.FINISHED).exclude(id=session.id)
    for other in others.select_related("study").order_by("study_id", "id"):
        session_judge(other)


@transaction.atomic
def study_judge(study: Study) -> int:
    """Judge every finished session by the newest rules, and return their number. Doing it again changes nothing.

    The verdicts of earlier rules stay beside the new ones.

    Raises:
        InputError: It was run elsewhere: what was judged there stands.
    """
    message = "it was run elsewhere, and its sessions were judged there"
    require(study.state != Study.State.IMPORTED, "study", message, "Import it again if the verdicts are wrong")
    rules_take(study)
    finished = study.sessions.filter(state=Session.State.FINISHED)
    return len(_judge(study, finished, rule_set_newest(study)))


def _judge(study: Study, sessions: QuerySet[Session], rule_set: QualityRuleSet) -> dict[Any, bool]:
    """Write the verdicts and what follows from them; whether each session passed, by its id."""
    facts, rules = sessions_facts(study, sessions), rules_by_condition(rule_set)
    verdicts: list[QualityVerdict] = []
    passed: dict[Any, bool] = {}
    for session in sessions.select_related("condition"):
        judged = judge(rules[session.condition.name], facts[session.id])
        passed[session.id] = all(verdict.passed for verdict in judged)
        for verdict in judged:
            about = {"rule": verdict.rule.name, "low": verdict.rule.low, "high": verdict.rule.high}
            row = QualityVerdict(session=session, rule_set=rule_set, value=verdict.value, passed=verdict.passed, **about)
            verdicts.append(row)
    QualityVerdict.objects.bulk_create(
        verdicts,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["session", "rule_set", "rule"],
        update_fields=["low", "high", "value", "passed", "checked_at"],
    )
    for outcome in (True, False):
        those = Session.objects.filter(id__in=[pk for pk, has_passed in passed.items() if has_passed == outcome])
        those.filter(passed_checks=None).update(passed_checks=outcome)
        if those.filter(passed_checks=not outcome).update(passed_checks=outcome):
            study.results.update(outdated=True)
    return passed
