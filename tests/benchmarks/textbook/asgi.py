"""The ASGI entry point for daphne."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.textbook.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
