"""The result backend of Redis for who asks and never waits. `compute` uses it."""

from typing import Any

from celery.backends.redis import RedisBackend


class PolledRedis(RedisBackend):
    """Celery's own subscribes to the result of each task that is sent, and fails over that while Redis is away."""

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Outcomes come home as tasks."""
