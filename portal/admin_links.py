"""A row that names another row links to it only for who may open it.

The stock admin links every foreign row it shows, so that a reader without the right walks into a 403.
"""

from __future__ import annotations

from typing import Any

from unfold import forms as unfold_forms
from unfold.fields import UnfoldAdminReadonlyField


class LinkedWhereItOpens(UnfoldAdminReadonlyField):
    """A value that is shown, whose form knows who reads it (`reader_request`)."""

    def get_admin_url(self, remote_field: Any, remote_obj: Any) -> str:
        """Return the other row as a link where its page opens to the reader, else by its name."""
        request = getattr(self.form, "reader_request", None)
        there = self.model_admin.admin_site._registry.get(remote_field.model)
        if request is None or there is None or not there.has_view_permission(request):
            return str(remote_obj)
        return str(super().get_admin_url(remote_field, remote_obj))


# The form's lines make their values by this name; there is no setting for it.
unfold_forms.UnfoldAdminReadonlyField = LinkedWhereItOpens
