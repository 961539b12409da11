"""Form fields in the house style, also for forms that somebody else wrote."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()
_BARE = {"checkbox", "radio", "hidden"}


@register.filter
def styled(field: BoundField) -> SafeString:
    """Render the field's widget with the class of our inputs and its error state for assistive technology."""
    attrs: dict[str, str | bool] = {}
    if getattr(field.field.widget, "input_type", "") not in _BARE:
        attrs["class"] = "input"
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)
