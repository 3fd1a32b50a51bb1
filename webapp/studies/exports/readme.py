"""The README of an archive: what the study is, what each file holds, how to go on. The same for every standard."""

from collections.abc import Mapping

from webapp.studies.exports.archive import citation
from webapp.studies.models import Study

TEXT = """# {title}

Responses of the study `{name}`, exported by unitscope. Its design follows

> {citation}

Persons are known by random ids alone, which are the same in every export of this study and lead to nobody. Sessions that
were withdrawn or erased are not in it. Column `session_kind` tells people (`live`) from previews, pilots and simulated
participants (`bot`); `passed_checks` tells whose sessions satisfy the quality rules. A row of the responses is one answer,
named by `response_id`.

| file | holds |
|---|---|
{files}

Before you publish: add authors and a license, which unitscope does not know, to `dataset_description.json`.
"""


def readme(study: Study, *, files: Mapping[str, str]) -> str:
    """The text; `files` says what each file holds."""
    listed = "\n".join(f"| `{name}` | {holds} |" for name, holds in files.items())
    return TEXT.format(title=study.title, name=study.name, citation=citation(study), files=listed)
