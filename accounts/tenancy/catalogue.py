"""Everything that exists, found by asking and not by remembering: routes, models, tables.

The start-up checks and the crossing test both walk these lists, so nothing new can escape either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.tenancy.routes import RouteRule, declared_rule

OUR_APPS: Final = ("portal", "accounts", "trading", "riskdesk", "vmhosting")


@dataclass(frozen=True, slots=True)
class Route:
    """One pattern of the URL tree."""

    path: str
    name: str
    callback: Callable[..., Any]
    converters: tuple[str, ...]
    rule: RouteRule | None

    @property
    def methods(self) -> frozenset[str]:
        """Return the methods the view answers; a plain function answers GET and POST."""
        actions = getattr(self.callback, "actions", None)
        if actions:
            return frozenset(method.upper() for method in actions)
        view = getattr(self.callback, "view_class", None) or getattr(self.callback, "cls", None)
        if view is None:
            return getattr(self.callback, "aurum_methods", frozenset({"GET", "POST"}))
        named = {"GET", "POST", "PUT", "PATCH", "DELETE"}
        return frozenset(method for method in named if hasattr(view, method.lower()))


def routes() -> list[Route]:
    """Return every route of the site."""
    return list(_walk(get_resolver().url_patterns, prefix="", namespace="", converters=()))


def _walk(
    patterns: list[URLPattern | URLResolver], *, prefix: str, namespace: str, converters: tuple[str, ...]
) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        known = (*converters, *_converters(entry))
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, prefix=path, namespace=inner, converters=known)
        else:
            yield Route(
                path=path,
                name=f"{namespace}{entry.name or ''}",
                callback=entry.callback,
                converters=known,
                rule=declared_rule(entry.callback),
            )


def _converters(entry: URLPattern | URLResolver) -> tuple[str, ...]:
    pattern = entry.pattern
    found = tuple(getattr(pattern, "converters", {}) or ())
    regex = getattr(pattern, "regex", None)
    return found or tuple(regex.groupindex if regex is not None else ())


def our_models() -> list[type[models.Model]]:
    """Return every concrete model of our apps, automatic join tables left out."""
    return [
        model for label in OUR_APPS if apps.is_installed(label) for model in apps.get_app_config(label).get_models()
    ]


def third_party_tables() -> set[str]:
    """Return the tables of models that are not ours, and our automatic join tables."""
    mine = set(our_models())
    every = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in every if model not in mine and model._meta.managed}
