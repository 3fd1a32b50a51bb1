"""Studies of every task with answers of every kind, and an imported one without times, for tests of what leaves the house."""

from pathlib import Path

from tests.webapp import made_up, progress, published_tables
from webapp.studies.imports.mapping import ImportMapping
from webapp.studies.imports.services import study_import
from webapp.studies.models import Study
from webapp.studies.services.session import session_finish

LABORATORY = {
    "main_trials": 2,
    "ratings": 1,
    "none_blocks": 0,
    "blocks": 1,
    "practice_trials": 1,
    "catch_trials": 1,
    "repeats": 1,
}
DESIGNS = {
    "zimmermann2023_scale": {},
    "zimmermann2021_causal": {},
    "borowski2021_exemplary": {"conditions": ["experiment_1"], **LABORATORY},
    "mayilvahanan2025_domains": {},
}
IMPORTED = "imported"
STUDIES = (*DESIGNS, IMPORTED)


def answered(name: str, folder: Path) -> Study:
    """A study by its paper with a finished person, an odd answer, a simulated participant and an expert; or the imported one."""
    if name == IMPORTED:
        return imported(folder)
    study = progress.without_rules(made_up.study(name, **DESIGNS[name]))
    for session in (progress.finished(study), progress.finished(study, kind="bot", wrong=("main",))):
        # The laboratory asks some trials again before it ends.
        session_finish(progress.answer_plan(session))
    late, _ = made_up.session(study, kind="pilot")
    progress.answer_plan(progress.to_main(late, wrong_attempts=1), count=2, rt=3.0)
    study.sessions.filter(kind="bot").update(observer="lapsing 30 %, naïve", cohort="expert")
    return study


def imported(folder: Path) -> Study:
    """A published table in which a response time is missing and another is negative."""
    rows = published_tables.scale_released()
    rows[0]["rt"], rows[1]["rt"] = "", -3
    table = folder / "published.csv"
    table.write_text(published_tables.as_csv(rows))
    mapping = ImportMapping.load("zimmermann2023_released")
    return study_import(table, mapping=mapping, name="published", report=lambda _: None)
