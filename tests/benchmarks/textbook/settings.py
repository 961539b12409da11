"""Settings of the textbook endpoint; the database comes from `TEXTBOOK_DSN`."""

import os

from psycopg.conninfo import conninfo_to_dict

_dsn = conninfo_to_dict(os.environ["TEXTBOOK_DSN"])

SECRET_KEY = os.environ.get("TEXTBOOK_SECRET", "only-for-a-benchmark-on-this-machine")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.benchmarks.textbook.urls"
ASGI_APPLICATION = "tests.benchmarks.textbook.asgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework.authtoken",
    "tests.benchmarks.textbook",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _dsn["dbname"],
        "USER": _dsn["user"],
        "PASSWORD": _dsn["password"],
        "HOST": _dsn["host"],
        "PORT": _dsn.get("port", ""),
        "OPTIONS": {"pool": {"min_size": 4, "max_size": 32}},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
LOGGING_CONFIG = None
# Tables are made straight from the models: a throw-away database has no history.
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "authtoken", "textbook"))
