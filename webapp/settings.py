"""All settings, read from the environment (see `.env.example`). No secret has a default; DEBUG is off unless asked for."""

from pathlib import Path

from experiments import jobs, logs
from model_zoo.home import HOME
from webapp.browser_policy import browser_settings
from webapp.configuration import Environment, address_part, at_least, database, rate, require_choice, require_safe

ROOT = Path(__file__).resolve().parents[1]
env = Environment()
env.read_env(HOME / ".env")

SECRET_KEY = env.str("SECRET_KEY")
# Of the hashes by which participants are known again; whoever rotates SECRET_KEY keeps this one.
ID_KEY = env.str("ID_KEY", default="") or SECRET_KEY
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "webapp.studies.participant.refused.csrf_refused"

INSTALLED_APPS = [
    "webapp.participants",
    "webapp.tokens",
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
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    # Takes their pages out of the admin, and so comes after them.
    "webapp.second_factor",
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
    "django_otp.middleware.OTPMiddleware",
    "webapp.second_factor.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "webapp.operation.outage.OutageMiddleware",
    "axes.middleware.AxesMiddleware",
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

DATABASES = {"default": database(env, default=f"sqlite:///{jobs.VAR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue instead of failing, an acknowledged answer is on the disk, an erased one is off it.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The statements of answers; the ORM sends its own with their values in them, to be planned each time.
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5

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

# Behind TLS, as in docker/compose.yml, HTTPS=1 makes cookies secure and redirects.
HTTPS = env.bool("HTTPS", default=False)
# How many proxies of ours a request comes through: what the outermost of them saw is where it comes from.
PROXY_HOPS = at_least("PROXY_HOPS", env.str("PROXY_HOPS", default="") or str(int(HTTPS)), low=0)
# How often somebody may begin a session (by address), send something or ask for the plan (by session), ask by REST (by token);
# empty: no limit.
RATES = {
    "start": rate("START_RATE", env.str("START_RATE", default="60/min")),
    "answer": rate("ANSWER_RATE", env.str("ANSWER_RATE", default="5/s")),
    "plan": rate("PLAN_RATE", env.str("PLAN_RATE", default="60/min")),
    "token": rate("TOKEN_RATE", env.str("TOKEN_RATE", default="600/min")),
}
# A client who takes longer to send a request's body, or to read a piece of an answer, is broken off.
STALLED_SECONDS = at_least("STALLED_SECONDS", env.str("STALLED_SECONDS", default="") or "60", low=1.0)

REDIS_URL = env.str("REDIS_URL", default="")
# All web processes count together: in Redis, or, on one machine without it, in files. Either costs a tenth or more of what an
# answer takes: each process counts answers by itself.
IN_REDIS = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": "web",
    "OPTIONS": {"serializer": "webapp.cache_json.JsonSerializer", "socket_connect_timeout": 0.2, "socket_timeout": 0.5},
}
# Django's own limit of 300 entries would throw out receipts of exports at random.
ENTRIES = {"MAX_ENTRIES": 10_000}
IN_FILES = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": jobs.VAR / "cache", "OPTIONS": ENTRIES}
IN_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": ENTRIES}
CACHES = {
    "default": IN_REDIS if REDIS_URL else IN_FILES,
    "answers": IN_MEMORY,
    "operations": {**IN_MEMORY, "LOCATION": "operations"},
}

ADMIN_PATH = address_part("ADMIN_PATH", env.str("ADMIN_PATH", default="") or "admin")
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Whether staff may, or must, set up a phone that makes codes.
STAFF_SECOND_FACTOR = require_choice(
    "STAFF_SECOND_FACTOR", env.str("STAFF_SECOND_FACTOR", default="") or "optional", ("optional", "required")
)
OTP_TOTP_ISSUER = "unitscope"
SESSION_COOKIE_AGE = 12 * 3600
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Five failed logins for a name from an address, and both wait for an hour. Neither address nor browser is kept.
AXES_HANDLER = "webapp.login_attempts.LoginAttempts"
AXES_CLIENT_IP_CALLABLE = "webapp.addresses.address_of_nobody"
AXES_LOCKOUT_CALLABLE = "webapp.login_attempts.locked"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

KNOX_TOKEN_MODEL = "tokens.ApiToken"  # noqa: S105 -- a model's name
# The package's own table is not used. Its migrations, applied long ago elsewhere, would have to come after ours.
MIGRATION_MODULES = {"knox": None}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "webapp.tokens.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["webapp.tokens.rights.HasRight", "webapp.known_queries.KnownQuery"],
    "DEFAULT_THROTTLE_CLASSES": ["webapp.tokens.throttles.TokenThrottle"],
    "NUM_PROXIES": PROXY_HOPS,
    # The browsable API needs inline scripts, which the content security policy forbids.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["webapp.json_bodies.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "webapp.paging.Pages",
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
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "webapp.openapi.document_errors"],
    "ENUM_NAME_OVERRIDES": {"StudyStateEnum": "webapp.studies.models.Study.State"},
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

globals().update(browser_settings(https=HTTPS))
# Whether the name belongs on the browsers' list of sites that speak TLS alone is for its owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if HTTPS:
    require_safe(secret_key=SECRET_KEY, debug=DEBUG, allowed_hosts=ALLOWED_HOSTS)

LOGGING = logs.logging_settings()
# Opens /metrics to whoever sends it as a bearer token; without it there are none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
