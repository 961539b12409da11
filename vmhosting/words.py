"""Sizes, refusals and steps in the words of the page's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from portal.lib.errors import Refused
from vmhosting.errors import VmCode
from vmhosting.placement import Unfit
from vmhosting.steps import Step

STEP_WORDS: Final[Mapping[Step, Any]] = {
    Step.PLACE: gettext_lazy("Place on a host"),
    Step.SEAL: gettext_lazy("Close its network"),
    Step.PREPARE: gettext_lazy("Prepare image and files"),
    Step.KEY: gettext_lazy("Issue its own key"),
    Step.BOOT: gettext_lazy("Start"),
    Step.HEAR: gettext_lazy("Wait for the agent"),
    Step.OPEN: gettext_lazy("Open its ways"),
    Step.SHUT: gettext_lazy("Shut down"),
    Step.APPLY: gettext_lazy("Apply the new size"),
    Step.SETTLE: gettext_lazy("Give back what is free"),
    Step.UNKEY: gettext_lazy("Revoke its key"),
    Step.DESTROY: gettext_lazy("Remove it from the host"),
    Step.RELEASE: gettext_lazy("Give back place and address"),
    Step.RESTORE: gettext_lazy("Put the old size back"),
}

UNFIT_WORDS: Final[Mapping[Unfit, Any]] = {
    Unfit.DRAINING: gettext_lazy("takes no new machines"),
    Unfit.UNUSABLE: gettext_lazy("cannot run machines"),
    Unfit.CPU: gettext_lazy("not enough CPU"),
    Unfit.MEMORY: gettext_lazy("not enough memory"),
    Unfit.DISK: gettext_lazy("not enough disk"),
    Unfit.ADDRESSES: gettext_lazy("no address left"),
}
LIST_COMMA: Final = pgettext_lazy("between the members of a list", ", ")

NOTE_WORDS: Final[Mapping[str, Any]] = {
    "live": gettext_lazy("Live, no restart"),
    "needs_restart": gettext_lazy("Takes effect with the next restart"),
    "unchanged": gettext_lazy("Takes effect with the next start"),
}

# What an agent reports of its strategy; programs keep the English word.
STRATEGY_WORDS: Final[Mapping[str, Any]] = {
    "starting": gettext_lazy("starting"),
    "connecting": gettext_lazy("connecting"),
    "trading": gettext_lazy("trading"),
    "disconnected": gettext_lazy("no connection"),
    "failed": gettext_lazy("ended with an error"),
    "stopped": gettext_lazy("stopped by request"),
}

# The meanings of the sample strategy's parameters stand in the guest, which knows no catalogue.
PARAMETER_MEANINGS: Final = (
    gettext_noop("contract"),
    gettext_noop("seconds between samples of the last price"),
    gettext_noop("samples in the quick average"),
    gettext_noop("samples in the slow average"),
    gettext_noop("seconds between two trades, at least"),
    gettext_noop("ticks beyond the opposite quote the order may pay"),
    gettext_noop("no trade while bid and ask are further apart"),
)


def cpu(milli: int) -> str:
    """Return thousandths of a CPU as people write them: 250 → 0.25."""
    return f"{milli / 1000:.3f}".rstrip("0").rstrip(".")


def mib(amount: int) -> str:
    """Return mebibytes with the unit that reads best."""
    if amount >= 1024:
        return f"{amount / 1024:.1f}".rstrip("0").rstrip(".") + " GiB"
    return f"{amount} MiB"


def size(cpu_milli: int, memory_mib: int, disk_mib: int | None = None) -> str:
    """Return a whole size in one line."""
    parts = [f"{cpu(cpu_milli)} CPU", mib(memory_mib)]
    if disk_mib is not None:
        parts.append(mib(disk_mib))
    return " · ".join(parts)


def refusal(refused: Refused) -> str:
    """Return a refusal as a sentence with its figures."""
    make = _REFUSALS.get(str(refused.code))
    return make(refused.figures) if make is not None else _(refused.detail)


def _machines(figures: Mapping[str, Any]) -> str:
    return _("This needs one more machine, your quota has %(left)s left. Delete one first, or ask for more.") % {
        "left": figures["machines_left"]
    }


def _cpu(figures: Mapping[str, Any]) -> str:
    return _("Needs %(needed)s CPU, you have %(left)s left.") % {
        "needed": cpu(figures["cpu_milli_needed"]), "left": cpu(figures["cpu_milli_left"]),
    }  # fmt: skip


def _memory(figures: Mapping[str, Any]) -> str:
    return _("Needs %(needed)s of memory, you have %(left)s left.") % {
        "needed": mib(figures["memory_mib_needed"]), "left": mib(figures["memory_mib_left"]),
    }  # fmt: skip


def _full(figures: Mapping[str, Any]) -> str:
    if "needed_cpu_milli" not in figures:
        return _("No address or place is left on any host.")
    return _("No host has room for %(size)s.") % {
        "size": size(figures["needed_cpu_milli"], figures["needed_memory_mib"], figures["needed_disk_mib"])
    }


def _busy(figures: Mapping[str, Any]) -> str:
    return _("%(machine)s is still at work on an earlier wish. Wait for it, or delete the machine.") % figures


def _state(figures: Mapping[str, Any]) -> str:
    return _("%(machine)s is not in a state for this.") % figures


def _bounds(figures: Mapping[str, Any]) -> str:
    if "lowest" in figures:
        return _("%(value)s is outside %(lowest)s to %(highest)s.") % figures
    return _("Give the reason in %(shortest)s to %(longest)s characters.") % figures


_REFUSALS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    VmCode.QUOTA_MACHINES: _machines,
    VmCode.QUOTA_CPU: _cpu,
    VmCode.QUOTA_MEMORY: _memory,
    VmCode.HOST_FULL: _full,
    VmCode.BUSY: _busy,
    VmCode.WRONG_STATE: _state,
}
