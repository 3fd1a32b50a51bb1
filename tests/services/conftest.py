"""A whole deployment on each kind of queue, for tests of jobs that survive their workers."""

from collections.abc import Callable, Iterator

import pytest

from tests.services.deployment import Deployment


@pytest.fixture(scope="module", params=["filesystem", "redis"])
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "redis":
        # The tests' own settings name a file broker in the environment.
        queue = {"REDIS_URL": request.getfixturevalue("redis_url"), "BROKER_URL": "", "RESULT_URL": ""}
    else:
        queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    deployment = Deployment(folder, {"DATABASE_URL": new_database(), **queue})
    deployment.start_web_worker()
    yield deployment
    deployment.stop()
