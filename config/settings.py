"""All settings in one file. Each environment variable is described in docs/settings.md.

With nothing set this is a private server on this machine: SQLite, memory and one process.
With DATABASE_URL and REDIS_URL it is PostgreSQL, Redis and as many processes as wanted.
"""

import os
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(
    env.text("DATA_DIR", str(BASE_DIR / "data"), "Folder for the database, keys and demo mail.")
)
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.flag("DEBUG", False, "Show error details in the browser. Never on a server.")
DEMO = env.flag("DEMO", False, "An invented clinic with sign-in links. Never with real people.")


def _own_key(name: str, make: Callable[[], str]) -> str:
    """A key made on the first start and kept beside the database, readable by us alone."""
    path = DATA_DIR / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text().strip()


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


SECRET_KEY = env.text("SECRET_KEY", "", "Signs sessions and links; 50 characters or more.")
SECRET_KEY_GIVEN = bool(SECRET_KEY)
SECRET_KEY = SECRET_KEY or _own_key("secret_key", lambda: secrets.token_urlsafe(64))
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "Earlier secrets that still verify.")

SITE_NAME = env.text("SITE_NAME", "Hearth", "The community's name on pages and in mails.")
SITE_URL = env.origin("SITE_URL", "http://127.0.0.1:8000", "The address people type.")
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = [
    _site.hostname or "",
    *env.words("EXTRA_HOSTS", "Further host names we answer to."),
]
if _site.hostname in {"127.0.0.1", "localhost"}:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost"]
# Sockets and forms are accepted from these exact origins only.
ORIGINS = [SITE_URL, *env.words("EXTRA_ORIGINS", "Further exact origins, such as https://host.")]
CSRF_TRUSTED_ORIGINS = ORIGINS

COUNTRY = env.text("COUNTRY", "GB", "Two-letter country of the clinic; chooses crisis resources.")
COUNTRY_GIVEN = "COUNTRY" in os.environ
HELP_RESOURCES_FILE = env.text(
    "HELP_RESOURCES_FILE",
    str(BASE_DIR / "config" / "help_resources.json"),
    "JSON file of crisis resources by country.",
)
QUICK_EXIT_URL = env.text(
    "QUICK_EXIT_URL", "https://www.wikipedia.org/", "Where 'Leave quickly' goes."
)

DETOXIFY = env.flag("DETOXIFY", True, "Let Detoxify take part in the filter when torch is there.")
DETOXIFY_THREADS = env.number("DETOXIFY_THREADS", 1, "Processor threads of one Detoxify.", least=1)
DETOXIFY_CHECKPOINT = env.text(
    "DETOXIFY_CHECKPOINT", "", "Folder of a published checkpoint that is read beside ours."
)

INSTALLED_APPS = [
    "daphne",
    "config",
    "community.members",
    "community.forums",
    "community.chat",
    "moderation",
    "mentorship",
    "events",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.middleware.session_limits",
    "config.middleware.second_factor",
    "config.middleware.private_pages",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ]
        },
    }
]

# --- Data --------------------------------------------------------------------------------------
DATABASES = {
    "default": env.database(
        "DATABASE_URL", str(DATA_DIR / "hearth.sqlite3"), "postgres:// address; unset for SQLite."
    )
}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # Django's tests would run in shared memory, where threads lock each other out at once instead
    # of waiting in turn as they do in a file.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
REDIS_URL = env.text("REDIS_URL", "", "redis:// address; unset for memory and one process.")
if REDIS_URL:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # redis-py 8 times out reads after 5 s, which is as long as the layer waits: idle
                # sockets would close with 1011. No read timeout, then (channels_redis #422).
                "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
                "capacity": 10_000,
                "group_expiry": 10 * 365 * 24 * 3600,
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10_000, "group_expiry": 10 * 365 * 24 * 3600},
        }
    }
EMBEDDED_WORKER = env.flag(
    "EMBEDDED_WORKER", not REDIS_URL, "Run background work inside the web process."
)
PROCESSES = env.number("PROCESSES", 1, "How many serve processes share this database.", least=1)

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "mail"]}}

# --- People and sessions -----------------------------------------------------------------------
AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        # NIST 800-63B-4: 15 or more when the passphrase is the only factor.
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Called with a chosen name; each returns a kind sentence when the name cannot be used, or None.
CHOSEN_NAME_CHECKS = ["moderation.screening.names.name_problem"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "members:home"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# Seconds without a request, and seconds since sign-in, after which a session ends.
SESSION_LIMITS_S = {"staff": (30 * 60, 12 * 3600), "member": (12 * 3600, 30 * 24 * 3600)}
INVITATION_LIFE = timedelta(days=7)
UNDO_S = env.number("UNDO_S", 10, "Seconds in which a moderator can take a decision back.", most=60)

ACCOUNT_ADAPTER = "community.members.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{SITE_NAME}: "
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
USERSESSIONS_ADAPTER = "community.members.adapters.SessionsAdapter"
MFA_ADAPTER = "community.members.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TRUST_ENABLED = False
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# Sessions are listed by when they began. Following each request would make every page a writer.
USERSESSIONS_TRACK_ACTIVITY = False
PROXY_COUNT = env.number(
    "PROXY_COUNT", 0, "Trusted proxies in front of us that add X-Forwarded-For.", most=10
)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
if PROXY_COUNT and HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Keys that seal second-factor secrets: the first seals, all open.
VAULT_KEYS = env.words("VAULT_KEYS", "Fernet keys, newest first; made on first start when unset.")
VAULT_KEYS_GIVEN = bool(VAULT_KEYS)
VAULT_KEYS = VAULT_KEYS or [_own_key("vault_key", _fernet_key)]
# Keys that seal who people are, apart from the others: the first seals, all open.
IDENTITY_KEYS = env.words("IDENTITY_KEYS", "Fernet keys, newest first; made on first start.")
IDENTITY_KEYS_GIVEN = bool(IDENTITY_KEYS)
IDENTITY_KEYS = IDENTITY_KEYS or [_own_key("identity_key", _fernet_key)]
# Keys that seal the rows of the audit: the first seals, all are known.
AUDIT_KEYS = env.words("AUDIT_KEYS", "Audit keys, newest first; made on first start when unset.")
AUDIT_KEYS_GIVEN = bool(AUDIT_KEYS)
AUDIT_KEYS = AUDIT_KEYS or [_own_key("audit_key", lambda: secrets.token_urlsafe(48))]
AUDIT_HEADS_FILE = env.text(
    "AUDIT_HEADS_FILE",
    str(DATA_DIR / "audit-heads.jsonl"),
    "File to which the end of the audit is written daily; best on another disk.",
)
AUDIT_MAIL = env.text("AUDIT_MAIL", "", "Address that gets the end of the audit daily.")

# --- Mail --------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "community@localhost", "Sender of our mails.")
BOUNCE_ADDRESS = env.text("BOUNCE_ADDRESS", "", "Where letters about workshops come back to.")
EMAIL_TIMEOUT = 10
_mail = env.mail("EMAIL_URL", "smtp://, smtps:// or smtp+tls:// address of the mail server.")
if _mail:
    globals().update(_mail)
else:
    # No mail server: letters are kept as files, and the demo shows them at /demo/mail/.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

# --- Calling the care team ---------------------------------------------------------------------
PAGE_MAIL = env.words("PAGE_MAIL", "Addresses that are called besides the people on duty.")
PAGE_WEBHOOK_URL = env.address(
    "PAGE_WEBHOOK_URL", "Address that gets a JSON message when the desk needs somebody."
)
PAGE_WEBHOOK_KEY = env.text("PAGE_WEBHOOK_KEY", "", "Signs what is sent to that address.")

# --- Browser -----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
        "report-uri": ["/csp-report/"],
    }
}
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- Words, time, log --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.text("TIME_ZONE", "Europe/London", "The clinic's time zone.")
USE_TZ = True
USE_I18N = True
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own request log repeats paths; our 4xx and 5xx pages are counted elsewhere.
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
