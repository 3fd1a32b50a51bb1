"""Where data lie beside the database, for the data map."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere that data lie."""

    name: str
    holds: str
    kept: str
    seen_by: str
    erasure: str


PLACES = (
    Place(
        name="Browser: cookie of the study",
        holds="A random secret that leads to the session; the database has its sha256",
        kept="7 days",
        seen_by="The person's browser and the server; no script (HttpOnly)",
        erasure="It leads to nothing any more",
    ),
    Place(
        name="Browser: cookie of the entry",
        holds="What the recruiter's link said, ids among it, signed",
        kept="Until the person agrees or declines, at most 2 hours",
        seen_by="The person's browser and the server; no script (HttpOnly)",
        erasure="It is gone by then",
    ),
    Place(
        name="Browser: outbox (IndexedDB)",
        holds="Answers that the server has not acknowledged yet",
        kept="Until the server acknowledges them",
        seen_by="The person's browser",
        erasure="It is empty at the end of a study",
    ),
    Place(
        name="Browser: session storage, CSRF cookie",
        holds="Whether digit keys are on; a random token of forms",
        kept="Until the tab is closed; a year",
        seen_by="The person's browser",
        erasure="Nothing; they lead to nobody",
    ),
    Place(
        name="Artifact store",
        holds="Images, networks, and of each study the analyzed table of answers, under ids of sessions, with its figures",
        kept="Tables and figures until the study is analyzed anew, all else for good",
        seen_by="`stimuli.view_artifact`, of analyses with `studies.view_study`; GPU workers",
        erasure="All tables and analyses of the study are deleted and computed from what is left",
    ),
    Place(
        name="Queue",
        holds="Recipes of what is to be made, random ids of jobs and payments",
        kept="Until a worker takes the message",
        seen_by="The operator; workers",
        erasure="Nothing; it names no participant",
    ),
    Place(
        name="Results and progress",
        holds="Which artifact a job made: names of files and figures of analyses, no answers",
        kept="7 days",
        seen_by="The operator; workers",
        erasure="Nothing; it names no participant",
    ),
    Place(
        name="Logs of all processes",
        holds="Paths without their queries, errors, jobs; no ids of persons, no addresses",
        kept="As the operator keeps them",
        seen_by="The operator",
        erasure="Nothing; they name no participant",
    ),
    Place(
        name="Exports",
        holds="Answers under random ids; the recruiter's ids only where the permission was used, which the audit tells",
        kept="Where somebody took them",
        seen_by="Whoever has the file",
        erasure="Theirs to clean: an erasure lists the exports that were made since the session began",
    ),
    Place(
        name="Backups, PostgreSQL's files and its write-ahead log",
        holds="What the database and the artifact store held at that moment",
        kept="As the operator keeps them",
        seen_by="The operator",
        erasure="The operator's to clean; docs/operate.md says how",
    ),
    Place(
        name="Recruiters",
        holds="What Prolific or Mechanical Turk know of their members; from here they hear the completion code and payments",
        kept="By their terms",
        seen_by="The recruiter",
        erasure="The person asks the recruiter",
    ),
    Place(
        name="Nowhere",
        holds="Internet addresses and user agents of participants: no table, file or log has them",
        kept="Not at all",
        seen_by="Nobody; a proxy in front of unitscope may log them",
        erasure="Nothing to erase",
    ),
)
