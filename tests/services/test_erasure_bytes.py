"""An erasure, proved by a search for bytes: real processes, people from recruiters, and then everything that they left behind."""

import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis

from experiments.methods.participant_link import Page
from tests.services.deployment import WAIT_SECONDS, Deployment
from tests.services.persons import Person
from tests.services.recruiters.http import Fault
from tests.services.recruiters.mturk import HIT_ID
from tests.services.recruiters.prolific import STUDY_ID, TOKEN, FakeProlific, prolific_id

pytestmark = pytest.mark.integration
UUID_DIGITS = 32
ERASED, STAYING = 0x5EED7B1C2D3E, 0xCAFE0B1C2D3E
WORKER = {"workerId": "A1WORKER5EED7B", "assignmentId": "3ASSIGN5EED7B", "hitId": HIT_ID, "turkSubmitTo": "https://www.mturk.com"}
SETUP = f"""
from tests.webapp import made_up, progress
from webapp.participants.recruitments import recruitment_create
from webapp.studies.models import Study
ways = dict(prolific=("{STUDY_ID}", "GBP"), mturk=("{HIT_ID}", "USD"))
for recruiter, (external, currency) in ways.items():
    study = progress.without_rules(made_up.study())
    study.recruitment = recruitment_create(
        recruiter=recruiter, external_study_id=external, reward=195, currency=currency, completion_codes={{}}
    )
    study.save()
    print(study.id)
"""


@dataclass
class Scene:
    """A deployment, its two studies (on Prolific, on Mechanical Turk), and where its database is."""

    deployment: Deployment
    prolific: FakeProlific
    studies: list[str]
    vendor: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds, beside all processes."""
        url = self.deployment.env["DATABASE_URL"]
        if self.vendor == "postgresql":
            with psycopg.connect(url) as connection:
                return connection.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def link(self, number: int) -> str:
        return f"{self.deployment.web.url}/p/{self.studies[number]}/"

    def export(self) -> bytes:
        """Both studies in all formats."""
        pieces = []
        for study in self.studies:
            for form in ("csv", "jsonl"):
                answer = self.deployment.api.get(f"/api/v1/studies/{study}/responses", params={"format": form})
                pieces.append(answer.raise_for_status().content)
        return b"".join(pieces)

    def places(self) -> dict[str, bytes]:
        """Everything that the platform owns, as bytes."""
        folder = self.deployment.folder
        held = {
            "artifacts": _files(folder / "artifacts"),
            "logs": b"".join(running.log.read_bytes() for running in self.deployment.started),
            "exports made now": self.export(),
        }
        if self.vendor == "postgresql":
            url = self.deployment.env["DATABASE_URL"]
            dumping = ["pg_dump", "--dbname", url]
            held["dump"] = subprocess.run(dumping, check=True, capture_output=True).stdout
            custom = [*dumping, "--format=custom", "--compress=0"]
            held["dump, custom"] = subprocess.run(custom, check=True, capture_output=True).stdout
            held["Redis"] = _redis(self.deployment.env["REDIS_URL"])
        else:
            held["SQLite with its log"] = _sqlite(folder / "db.sqlite3")
            held["queue"] = _files(folder / "queue")
            held["results"] = _files(folder / "results")
        return held


@pytest.fixture(params=["postgresql", "sqlite"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """All processes, and two studies that are open."""
    on_files = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "REDIS_URL": "",
        "BROKER_URL": f"filesystem://{tmp_path}/queue",
        "RESULT_URL": f"file://{tmp_path}/results",
    }
    env = on_files
    if request.param == "postgresql":
        database: Callable[[], str] = request.getfixturevalue("new_database")
        env = {"DATABASE_URL": database(), "REDIS_URL": request.getfixturevalue("redis_url"), "BROKER_URL": "", "RESULT_URL": ""}
    with FakeProlific() as prolific:
        recruiting = {"PROLIFIC_URL": prolific.url, "PROLIFIC_TOKEN": TOKEN, "LOST_SECONDS": "3"}
        deployment = Deployment(tmp_path, {**env, **recruiting})
        try:
            studies = deployment.manage("shell", "--no-imports", "--command", SETUP).split()
            yield Scene(deployment=deployment, prolific=prolific, studies=studies, vendor=request.param)
        finally:
            deployment.stop()


def test_after_an_erasure_no_byte_of_the_person_is_left(scene: Scene) -> None:
    needles, erasure_code = _people_take_part(scene)
    scene.deployment.start_gpu_worker()
    scene.deployment.start_web_worker()
    _wait(lambda: scene.rows("SELECT count(*) FROM stimuli_artifact WHERE kind = 'analysis'")[0][0] == 2)
    before = {place: _found(needles, content) for place, content in scene.places().items()}
    assert {place for place, found in before.items() if found} >= {"artifacts", "exports made now"}
    assert len(next(found for place, found in before.items() if place.startswith(("dump", "SQLite")))) > len(needles) // 3

    said = scene.deployment.manage("participant_erase", "--external-id", prolific_id(ERASED), "--recruiter", "prolific")
    _erase_by_code(scene, erasure_code)

    assert "clean what was exported" in said
    left = scene.places()
    assert {place: found for place, content in left.items() if (found := _found(needles, content))} == {}
    assert scene.rows("SELECT count(*) FROM studies_session") == [(1,)]
    assert prolific_id(STAYING).encode() in left["dump" if scene.vendor == "postgresql" else "SQLite with its log"]
    if scene.vendor == "postgresql":
        assert _found(needles, _cluster_files(scene)) == []


def _people_take_part(scene: Scene) -> tuple[list[str], str]:
    """Two who will be erased, one from each recruiter, and one who stays; by what the two could be found."""
    needles = [prolific_id(ERASED), prolific_id(ERASED, "b"), WORKER["workerId"], WORKER["assignmentId"]]
    for number in (ERASED, STAYING):
        scene.prolific.submission(number)
    scene.prolific.fail("submissions", Fault.ERROR_500)
    people = []
    for study, words in ((0, _prolific(ERASED)), (1, WORKER)):
        with httpx.Client(base_url=scene.deployment.web.url, timeout=60) as client:
            person = Person(client, scene.link(study), words, seed=study)
            _stumble(client, scene.link(study), words)
            person.run()
            people.append(person)
            needles += [value for value in client.cookies.values() if len(value) > 20]
    needles += _rows_of(scene)
    codes = [str(person.told["erasure_code"]) for person in people]
    needles += [*codes, *(code.replace("-", "") for code in codes), *(str(person.told["code"]) for person in people)]
    with httpx.Client(base_url=scene.deployment.web.url, timeout=60) as client:
        Person(client, scene.link(0), _prolific(STAYING), seed=2).run()
    return needles, codes[1]


def _prolific(number: int) -> dict[str, str]:
    return {"PROLIFIC_PID": prolific_id(number), "STUDY_ID": STUDY_ID, "SESSION_ID": prolific_id(number, "b")}


def _stumble(client: httpx.Client, link: str, words: Mapping[str, str]) -> None:
    """Bad requests that carry the person's ids, so that a log that tells of them would have them."""
    client.get(link, params={**words, "nonsense": "1"})
    client.get(link + "nothing/", params=words)
    client.get("/p/nothing/", params=words)
    client.post(link, params=words, data=words)
    client.put(link + "session", params=words, json=words)


def _rows_of(scene: Scene) -> list[str]:
    """The ids, hashes and random codes of all rows of people, as either database writes them."""
    names = {
        "participants_participant": ("id", "external_id_hash"),
        "studies_session": ("id", "token_sha256", "erasure_code_sha256", "tab"),
        "studies_trial": ("id",),
        "studies_response": ("id", "key"),
    }
    values = [
        str(value)
        for table, columns in names.items()
        for row in scene.rows(f"SELECT {', '.join(columns)} FROM {table}")
        for value in row
    ]
    return [form for value in values if value for form in _forms(value)]


def _forms(value: str) -> set[str]:
    """An id as PostgreSQL, exports and logs write it, and as SQLite does."""
    digits = value.replace("-", "")
    return {value, digits, str(uuid.UUID(digits))} if len(digits) == UUID_DIGITS else {value}


def _erase_by_code(scene: Scene, code: str) -> None:
    with httpx.Client(base_url=scene.deployment.web.url, timeout=60) as client:
        hidden = Page(client.get("/erase/").text).hidden
        erased = client.post("/erase/", data={**hidden, "code": code, "confirm": "yes"})
    assert "Your answers are erased" in erased.text


def _found(needles: list[str], content: bytes) -> list[str]:
    return [needle for needle in needles if needle.encode() in content]


def _files(folder: Path) -> bytes:
    return b"\n".join(str(path).encode() + _content(path) for path in folder.rglob("*"))


def _content(path: Path) -> bytes:
    """Nothing of a folder, nor of a message that was taken since it was listed."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return b""


def _sqlite(database: Path) -> bytes:
    """The database and its log; read while it is open, since the last to close it removes the log."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master")
        return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))


def _redis(url: str) -> bytes:
    """Every key with what is under it; Redis's own dumps are compressed."""
    with redis.Redis.from_url(url) as client:
        read: dict[bytes, Callable[[bytes], Any]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1),
            # It has run out since it was listed.
            b"none": lambda _: None,
        }
        return repr([(key, read[client.type(key)](key)) for key in client.scan_iter()]).encode()


def _cluster_files(scene: Scene) -> bytes:
    """The files of the database, after what `docs/operate.md` says to do about erased rows."""
    with psycopg.connect(scene.deployment.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM (FULL, ANALYZE)")
        connection.execute("VACUUM (FULL) pg_statistic")
        connection.execute("CHECKPOINT")
        row = connection.execute(
            "SELECT oid, current_setting('data_directory') FROM pg_database WHERE datname = current_database()"
        )
        oid, data = row.fetchone() or ("", "")
    return _files(Path(data) / "base" / str(oid))


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.2)
