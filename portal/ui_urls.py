"""Pages of the layouts themselves: saved preferences and the licences."""

from __future__ import annotations

from django.urls import path

from portal.licences import licences
from portal.preferences import preferences

urlpatterns = [
    path("preferences/", preferences, name="preferences"),
    path("about/licences/", licences, name="licences"),
]
