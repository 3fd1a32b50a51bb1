"""Django's settings in tests: those of the web process, with everything that it writes in a folder that goes away."""

import os
import tempfile
from pathlib import Path

# Kept in a name of its own: the folder goes when the object does, at the end of the process.
_folder = tempfile.TemporaryDirectory(prefix="unitscope-tests-")
# Set before the settings are read, and over a developer's own `.env`.
os.environ.update(
    SECRET_KEY="only-for-tests",
    DEBUG="0",
    HTTPS="0",
    DATABASE_URL=f"sqlite:///{_folder.name}/db.sqlite3",
    REDIS_URL="",
    BROKER_URL=f"filesystem://{_folder.name}/queue",
    RESULT_URL=f"file://{_folder.name}/results",
    ARTIFACT_URL=f"{_folder.name}/artifacts",
    ADMIN_PATH="admin",
    STAFF_SECOND_FACTOR="optional",
    ZOO_DIR=f"{_folder.name}/zoo",
    START_RATE="",
    ANSWER_RATE="",
    PLAN_RATE="",
    TOKEN_RATE="",
    PROLIFIC_TOKEN="",
    PROLIFIC_WEBHOOK_SECRET="",
)

from webapp.settings import *  # noqa: E402, F403 -- the settings read the environment when they are imported

LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "WARNING"}}  # noqa: F405 -- from the star above
CACHES = {**CACHES, "default": {**IN_FILES, "LOCATION": f"{_folder.name}/cache"}}  # noqa: F405 -- from the star above
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Without the manifest that collectstatic writes.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405 -- from the star above
# Nor what it collects, which another process may be writing just now.
STATIC_ROOT = Path(_folder.name) / "static"
STATIC_ROOT.mkdir()
