"""The menu: apps register entries when they are ready, pages show those the person may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One menu entry. `label` is lazily translated; `rights` opens it to anyone holding one of them."""

    slug: str
    label: Any
    url_name: str
    icon: str = ""
    rights: frozenset[str] = field(default_factory=frozenset)
    order: int = 100
    phone: bool = False

    @property
    def url(self) -> str:
        """Return the path of the entry's page."""
        return reverse(self.url_name)

    def visible_to(self, actor: Any) -> bool:
        """Say whether this person may open the page; an entry without rights is for everybody signed in."""
        if actor is None:
            return False
        return not self.rights or any(actor.has(right) for right in self.rights)


_items: dict[str, NavItem] = {}


def register(item: NavItem) -> None:
    """Add an entry; registering the same slug again replaces it, so that a reload is harmless."""
    _items[item.slug] = item


def items_for(actor: Any) -> Sequence[NavItem]:
    """Return the entries a person sees, in their order."""
    return sorted(
        (item for item in _items.values() if item.visible_to(actor)), key=lambda item: (item.order, item.slug)
    )
