"""The one ModelAdmin of the house. Every admin page of every app derives from it.

The admin never saves a model: lists and pages are read-only, what can be done is a button (or the add form), and a
button calls one service as the actor. So rights, audit and the core's commands are the same as everywhere else.

To leave Unfold for the stock admin, change the import of `Base` below (and of `Site` in admin_site.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin as Base
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES

from accounts.auth.actor import Actor
from accounts.models import AuditEntry
from accounts.permissions import Right
from portal import admin_links  # noqa: F401  (puts its links into the forms)
from portal.admin_labels import name_the_unnamed
from portal.lib.errors import Refused

COUNT_MAX = 10_000
"""Lists count no further than this: counting a table of orders costs more than showing a page of it."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a button says when its service is through; `once` is a secret that is shown this once."""

    message: str
    once: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One act on one row. `run(actor, row, chosen)` makes exactly one call into a service."""

    name: str
    label: Any
    right: Right
    run: Callable[[Actor, Any, Mapping[str, Any]], Done]
    form: type[forms.Form] = forms.Form
    shown: Callable[[Any], bool] = lambda _row: True
    danger: bool = False


class ReasonForm(forms.Form):
    """An act that needs no more than its reason."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class BoundedPaginator(Paginator):
    """Counts to a bound instead of through the whole table."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most `COUNT_MAX`."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:COUNT_MAX].count()
        return len(rows)


def styled(form: forms.Form) -> forms.Form:
    """Give the widgets of a plain form the look of the admin's own."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            classes = CHECKBOX_CLASSES
        else:
            classes = SELECT_CLASSES if isinstance(widget, forms.Select) else INPUT_CLASSES
        widget.attrs.setdefault("class", " ".join(classes))
    return form


_sentences: list[Callable[[str, Mapping[str, object], str], str]] = []


def say_refusals_by(sentence: Callable[[str, Mapping[str, object], str], str]) -> None:
    """Give the table that words a code: (code, figures, language) → sentence. It stands in an app above this base."""
    _sentences[:] = [sentence]


def refusal_words(refused: Refused) -> str:
    """Return a refusal as people read it: the service's own sentence or the code's with its figures, and the code."""
    own = refused.detail != refused.code.replace("_", " ")
    if own or not _sentences:
        return f"{_(refused.detail)} ({refused.code})"
    return f"{_sentences[0](refused.code, refused.figures, get_language() or '')} ({refused.code})"


class AurumModelAdmin(Base):
    """Tenant-filtered, read-only, bounded; acts are buttons that call services."""

    view_right: ClassVar[Right]
    add_right: ClassVar[Right | None] = None
    add_form: ClassVar[type[forms.Form] | None] = None
    buttons: ClassVar[Sequence[Button]] = ()
    engine_owned: ClassVar[bool] = False
    """The core alone writes this table: no add form, whatever else is declared."""
    waits_in: ClassVar[str] = ""
    """The state in which a row waits for a second person; empty where none does. Such rows stand on the first page."""
    waits_for_another_than: ClassVar[str] = "maker"
    waits_since: ClassVar[str] = "created_at"
    first_steps: ClassVar[Sequence[tuple[Any, Right]]] = ()
    """Work that begins by choosing a row of this table: words for the first page, and the right it needs."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200
    actions = None
    change_form_template = "admin/aurum_change_form.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse at start what would only fail under somebody's hands."""
        super().__init_subclass__(**kwargs)
        if cls.add_form is not None and cls.service_add is AurumModelAdmin.service_add:
            raise TypeError(f"{cls.__name__} has a form to add rows and no service that makes them")

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        """Name what the model left without a name."""
        name_the_unnamed(model)
        super().__init__(model, admin_site)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Make a row by a service; overridden where `add_form` is set."""
        raise NotImplementedError

    def audit_target(self, row: Any) -> str:
        """Return the name under which services write this row into the audit."""
        return f"{self.opts.model_name} {row.pk}"

    # --- rights ------------------------------------------------------------------------------------------------
    def _has(self, request: HttpRequest, right: Right | None) -> bool:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or right is None or not actor.has(right):
            return False
        return actor.tenant_id is not None or not self._of_tenant

    @property
    def _of_tenant(self) -> bool:
        return getattr(self.model, "aurum_scope", "") != "global" and self.model._meta.label != "accounts.Tenant"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app in the menu when any page of it opens."""
        return self._may_view(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Open the list and the page."""
        return self._may_view(request)

    def _may_view(self, request: HttpRequest) -> bool:
        if self._has(request, self.view_right):
            return True
        # What belongs to no tenant is also seen by whoever may act on it: the platform's operators.
        rights = (self.add_right, *(button.right for button in self.buttons))
        return not self._of_tenant and any(self._has(request, right) for right in rights)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Open the add form, where there is one."""
        return self.add_form is not None and not self.engine_owned and self._has(request, self.add_right)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is edited in place."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted."""
        return False

    # --- rows --------------------------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the actor's tenant; the scoped manager raises where there is none."""
        rows = super().get_queryset(request)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if self._of_tenant:
            rows = rows.filter(tenant_id=actor.tenant_id)
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        # The stock answer is a redirect with a message; a foreign row is answered like an invented one: 404.
        raise Http404

    def _row(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    # --- what waits --------------------------------------------------------------------------------------------
    def waiting(self, request: HttpRequest) -> list[Any]:
        """Return the rows that wait for a second person, newest first, no more than a list page holds."""
        rows = self.get_queryset(request).filter(state=self.waits_in).select_related(self.waits_for_another_than)
        return list(rows.order_by("-pk")[: self.list_per_page])

    def waiting_words(self, row: Any) -> str:
        """Say in a line what waits: on the first page, and where it is decided."""
        return str(row)

    def may_decide(self, request: HttpRequest, row: Any = None) -> bool:
        """Say whether this person may approve the row, or any row at all when none is given."""
        return any(
            button.name.startswith("approve")
            and self._has(request, button.right)
            and (row is None or button.shown(row))
            for button in self.buttons
        )

    # --- pages -------------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Call the list by what it holds; the stock title says "Select … to view"."""
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        response: HttpResponse = super().changelist_view(request, {**title, **(extra_context or {})})
        return response

    def get_urls(self) -> list[URLPattern]:
        """Put the buttons' address before the stock ones and leave out deleting, which nothing here can do."""
        info = (self.opts.app_label, self.opts.model_name)
        stock = [entry for entry in super().get_urls() if entry.name != "{}_{}_delete".format(*info)]
        if not self.buttons:
            return stock
        button = path(
            "<path:object_id>/act/<slug:name>/",
            self.admin_site.admin_view(self.button_view),
            name="{}_{}_act".format(*info),
        )
        return [button, *stock]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one row with the buttons that are open to the actor; without a row, the add form."""
        if object_id is None:
            return self._add(request)
        if not self.has_view_permission(request):
            # Before the row is looked for: else 403 would say that it exists.
            raise PermissionDenied
        context = {**(extra_context or {}), "aurum_buttons": self._buttons(request, self._row(request, object_id))}
        return super().changeform_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Tell the form, which is made anew for every request, who reads it (`portal.admin_links`)."""
        form = super().get_form(request, obj, **kwargs)
        form.reader_request = request
        return form

    def _buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
        return [
            {"label": button.label, "danger": button.danger, "url": reverse(name, args=[row.pk, button.name])}
            for button in self.buttons
            if self._has(request, button.right) and button.shown(row)
        ]

    def _add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request) or self.add_form is None:
            raise Http404
        title = _("Add %(name)s") % {"name": self.opts.verbose_name}
        return self._act(request, form_class=self.add_form, title=title, act=self.service_add, back=self._list_url())

    def button_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask what the act needs, then do it by one call into a service."""
        if not self.has_view_permission(request):
            raise Http404
        row = self._row(request, object_id)
        button = next((each for each in self.buttons if each.name == name), None)
        if button is None or not self._has(request, button.right) or not button.shown(row):
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return self._act(
            request,
            form_class=button.form,
            title=f"{button.label}: {row}",
            act=lambda actor, chosen: button.run(actor, row, chosen),
            back=back,
            danger=button.danger,
            what=self.waiting_words(row),
        )

    def _act(
        self,
        request: HttpRequest,
        *,
        form_class: type[forms.Form],
        title: str,
        act: Callable[[Actor, Mapping[str, Any]], Done],
        back: str,
        danger: bool = False,
        what: str = "",
    ) -> HttpResponse:
        form = form_class(request.POST or None) if request.method == "POST" else form_class()
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": styled(form),
            "back": back,
            "danger": danger,
            "what": "" if title.endswith(what) else what,
            "opts": self.opts,
        }
        if request.method == "POST":
            form = form_class(request.POST)
            context["form"] = styled(form)
            done = self._run(request, form=form, act=act) if form.is_valid() else None
            if done is not None and done.once:
                return TemplateResponse(request, "admin/aurum_once.html", {**context, "done": done})
            if done is not None:
                messages.success(request, done.message)
                return HttpResponseRedirect(back)
        return TemplateResponse(request, "admin/aurum_act.html", context)

    def _run(
        self, request: HttpRequest, *, form: forms.Form, act: Callable[[Actor, Mapping[str, Any]], Done]
    ) -> Done | None:
        try:
            with transaction.atomic():
                return act(request.actor, form.cleaned_data)  # type: ignore[attr-defined]
        except Refused as refused:
            form.add_error(None, refusal_words(refused))
            return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of the row; Django's own log would carry names past the row policies."""
        if not self.has_view_permission(request):
            raise Http404
        row = self._row(request, object_id)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        entries = []
        if actor.tenant_id is not None and actor.has(Right.AUDIT_VIEW):
            entries = list(AuditEntry.objects.filter(target=self.audit_target(row)).order_by("-number")[:100])
        context = {**self.admin_site.each_context(request), "title": str(row), "entries": entries, "opts": self.opts}
        return TemplateResponse(request, "admin/aurum_history.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Services write the audit; Django's log stays empty."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Services write the audit; Django's log stays empty."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing is deleted here."""

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
