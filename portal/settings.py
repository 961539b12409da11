"""The one settings file. Everything that differs between installations comes through `portal.env`."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from portal import env
from portal.lib import i18n, logs, paths
from portal.lib.database_roles import ROLES, WEB
from portal.lib.db import dsn
from portal.lib.errors import Failed

BASE_DIR = Path(__file__).resolve().parents[1]
VERSION = "0.1.0"

# --- Installation ----------------------------------------------------------------------------------------
AURUM_VAR = paths.var_dir()
AURUM_ROLE = env.text("AURUM_ROLE", default=WEB, choices=ROLES)
AURUM_DATA = env.folder("AURUM_DATA", default=BASE_DIR.parent / "shared" / "data")
DEMO = env.flag("AURUM_DEMO", default=False)
# Shown on every page while orders meet a simulated exchange; the outside counter is a later driver.
PRACTICE_MARKET = env.flag("AURUM_PRACTICE", default=True)
DEBUG = env.flag("AURUM_DEBUG", default=False)
# Behind TLS the portal only answers on https and its cookies are marked so; the loopback demo is plain http.
TLS = env.flag("AURUM_TLS", default=False)
# Loopback always answers: the supervisor's own probes come from there.
ALLOWED_HOSTS = [*env.listing("AURUM_HOSTS"), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.listing("AURUM_ORIGINS")
# How many proxies of ours stand in front; 0 believes no forwarded header at all.
AURUM_PROXIES = env.integer("AURUM_PROXIES", default=0, minimum=0, maximum=5)
BIND_ADDRESS = env.text("AURUM_BIND", default="127.0.0.1")
PORT = env.integer("AURUM_PORT", default=8000, minimum=1, maximum=65535)


def _secret_key() -> str:
    configured = env.optional_text("AURUM_SECRET_KEY")
    if configured:
        if len(configured) < 40:
            raise env.SettingError("AURUM_SECRET_KEY", "is shorter than 40 characters")
        return configured
    file = paths.var_dir() / "secrets" / "django.key"
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        key = secrets.token_urlsafe(48)
        paths.secrets_dir()
        paths.write_private(file, key)
        return key


SECRET_KEY = _secret_key()

# --- Applications ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # First, because its runserver replaces Django's; loading it costs every other process a second.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "unfold.apps.BasicAppConfig",  # before django.contrib.admin: its templates replace the stock ones
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.guardian",
    "portal.admin_config.AurumAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth.usersessions renders with its filters
    "channels",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "csp",
    "django_structlog",
    "portal",
    "accounts",
    "trading",
    "riskdesk",
    "vmhosting",
]

MIDDLEWARE = [
    "portal.request_metrics.RequestMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.csp.PathPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # One transaction and one tenant scope around everything below, rendering included.
    "accounts.tenancy.middleware.ScopeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "portal.ui_context.context",
                "portal.ui_context.context",
            ],
        },
    },
]

# --- Database --------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(role: str) -> dict[str, Any]:
    """Return Django's database dictionary for one database role."""
    try:
        parts = conninfo_to_dict(dsn(role))
    except Failed:
        # Before set-up there is no DSN: commands that need no database work, the others fail on connecting.
        parts = {"dbname": "aurum", "user": f"aurum_{role}", "host": str(paths.var_dir() / "run" / "pg")}
    options: dict[str, Any] = {"application_name": f"aurum-{role}", "connect_timeout": 5}
    options |= {key: value for key, value in parts.items() if key not in {"dbname", "user", "password", "host", "port"}}
    if role == WEB:
        # Each request runs in its own thread under ASGI, so a connection a thread would mean one a request.
        options["pool"] = {"min_size": 1, "max_size": env.integer("AURUM_POOL", default=16, minimum=1), "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "aurum"),
        "USER": parts.get("user", f"aurum_{role}"),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(AURUM_ROLE)}

# Shared between web processes without a further server: rate limits and one-time tokens, nothing hot.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# The layer never crosses a process: PostgreSQL carries news between processes (docs/architecture.md).
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}

# --- People and sessions ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # guardian: no user row stands for "nobody"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.auth.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_FORMS = {"login": "accounts.forms.login.LoginForm"}
ACCOUNT_SESSION_REMEMBER = True  # the absolute limit ends it all the same
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Aurum"
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_COOKIE_NAME = "aurum_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "aurum_csrf"
CSRF_FAILURE_VIEW = "portal.problem_pages.csrf_failed"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_REDIRECT_EXEMPT = [r"^health/ready$"]
if AURUM_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Content security policy: strict everywhere; portal/csp.py loosens it for the admin and the API docs ----
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}

# --- REST ------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.RouteRight"],
    "EXCEPTION_HANDLER": "accounts.api.exceptions.problem_handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aurum API",
    "DESCRIPTION": "Futures trading: prices and money are decimal strings, quantities whole lots.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "trading.api.openapi.every_problem",
    ],
    "ENUM_NAME_OVERRIDES": {
        "OrderSideEnum": ["buy", "sell"],
        "PositionSideEnum": ["long", "short"],
        "PositionEffectEnum": ["open", "close", "close_today", "close_yesterday", "auto"],
        "OrderStatusEnum": ["new", "partially_filled", "filled", "canceled", "rejected", "expired"],
    },
}

# --- Rates of one key or person in one web process; cancels are always twice as free as orders ------------
AURUM_SOCKET_ORDERS_PER_S = env.integer("AURUM_SOCKET_ORDERS_PER_S", default=300, minimum=1, maximum=1_000_000)
AURUM_REST_RATE_SCALE = env.integer("AURUM_REST_RATE_SCALE", default=1, minimum=1, maximum=1000)

# --- Language, time, static files --------------------------------------------------------------------------
LANGUAGE_CODE = i18n.DEFAULT_LANGUAGE
LANGUAGES = list(i18n.LANGUAGES)
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATIC_URL = "/static/"
STATIC_ROOT = AURUM_VAR / "static"
MEDIA_ROOT = AURUM_VAR / "media"
MEDIA_URL = "/media/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

UNFOLD = {
    "SITE_TITLE": "Aurum",
    "SITE_HEADER": "Aurum",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/portal/icons/aurum.svg"}],
    "STYLES": ["/static/portal/css/admin.css"],
    "SCRIPTS": ["/static/portal/js/admin_theme.js"],
    # The accent of the portal's own pages; Unfold counts in oklch.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
}

# --- Logs ------------------------------------------------------------------------------------------------
LOG_LEVEL = env.text("AURUM_LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = logs.logging_config(level=LOG_LEVEL, json=env.flag("AURUM_LOG_JSON", default=True))
logs.configure_structlog()
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
# Refusing to start half: a broken check stops every long-lived process as well as `manage.py check`.
SILENCED_SYSTEM_CHECKS: list[str] = []
