"""All settings, read from the environment (see `.env.example`). No secret has a default; DEBUG is off unless asked for."""

from pathlib import Path

import environ

from experiments import jobs, logs
from model_zoo.home import HOME
from webapp.browser_policy import browser_settings
from webapp.configuration import require_safe

ROOT = Path(__file__).resolve().parents[1]
# A secret may also stand in a file: SECRET_KEY_FILE=/run/secrets/key, and so with all variables.
env = environ.FileAwareEnv()
env.read_env(HOME / ".env")

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "webapp.participants",
    "webapp.stimuli",
    "webapp.runs",
    "webapp.studies",
    "webapp.operation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "webapp.operation.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "webapp.browser_policy.BrowserPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "webapp.unavailable.UnavailableMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "webapp" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{jobs.VAR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    # Writers queue instead of failing, an acknowledged answer is on the disk, an erased one is off it.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

ARTIFACT_URL = jobs.artifact_url()

STATIC_URL = "static/"
STATIC_ROOT = jobs.VAR / "static"
# A wheel has the pages inside the package.
PAGES = ROOT / "static" if HOME == ROOT else ROOT / "webapp" / "static"
STATICFILES_DIRS = [PAGES / "public", PAGES / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# Recruiters; what they are: docs/operate.md. Amazon's keys are read by boto3 itself.
PROLIFIC_URL = env.str("PROLIFIC_URL", default="https://api.prolific.com/api/v1")
PROLIFIC_APP_URL = env.str("PROLIFIC_APP_URL", default="https://app.prolific.com")
PROLIFIC_TOKEN = env.str("PROLIFIC_TOKEN", default="")
PROLIFIC_WEBHOOK_SECRET = env.str("PROLIFIC_WEBHOOK_SECRET", default="")
MTURK_URL = env.str("MTURK_URL", default="https://mturk-requester-sandbox.us-east-1.amazonaws.com")
MTURK_SUBMIT_ORIGINS = env.list("MTURK_SUBMIT_ORIGINS", default=["https://www.mturk.com", "https://workersandbox.mturk.com"])

LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    # The browsable API needs inline scripts, which the content security policy forbids.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webapp.api_errors.answer_error",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "unitscope",
    "DESCRIPTION": "Studies, units, stimuli on demand, and responses.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# 1 behind TLS, as in docker/compose.yml.
HTTPS = env.bool("HTTPS", default=False)
globals().update(browser_settings(https=HTTPS))
# Whether the name belongs on the browsers' list of sites that speak TLS alone is for its owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if HTTPS:
    require_safe(secret_key=SECRET_KEY, debug=DEBUG, allowed_hosts=ALLOWED_HOSTS)

LOGGING = logs.logging_settings()
# Opens /metrics to whoever sends it as a bearer token; without it there are none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
