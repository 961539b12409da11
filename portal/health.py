"""What the portal knows about its own health: asked fresh each time, never raising, each part on its own."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import django
import psutil
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_lazy as _

from portal.lib.paths import var_dir
from portal.supervise import state
from portal.supervise.market import core_status

DISK_WARN_PCT: Final = 80
DISK_MAJOR_PCT: Final = 90
# From here the core refuses new orders, so that what it has acknowledged can always still be written.
DISK_STOP_PCT: Final = 95
_PHASES: Final = {"continuous": _("continuous trading")}
_FOLLOWERS: Final = {"projection": _("query tables"), "marketdata": _("market data"), "monitors": _("risk monitors")}
LAG_WARN_MS: Final = 1_000
LAG_MAJOR_MS: Final = 10_000


class Level(StrEnum):
    """How a part is; the words are the severities of the portal's components."""

    OK = "ok"
    WARN = "warn"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the health page."""

    name: str
    title: Any
    level: Level
    figure: str
    note: Any = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All parts together, and whether orders are taken."""

    parts: tuple[Part, ...]
    ready: bool
    database_answers: bool

    @property
    def level(self) -> Level:
        """Return the worst part's level."""
        order = list(Level)
        return max((part.level for part in self.parts), key=order.index)


def health_read() -> Health:
    """Look at every part once."""
    core = core_status()
    database = _database_part()
    parts = [database, _core_part(core), _journal_part(core), *_calendar_parts(core)]
    if database.level is Level.OK:
        parts += _projection_parts(core)
    parts += [_disk_part(core), _processes_part(), *_version_parts(core)]
    answers = database.level is Level.OK
    return Health(parts=tuple(parts), ready=answers and bool(core and core["trading"]), database_answers=answers)


def _database_part() -> Part:
    title = _("Database")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('server_version'), current_user::text")
            version, user = cursor.fetchone()
    except DatabaseError:
        return Part(
            "database", title, Level.CRITICAL, "—", _("PostgreSQL does not answer; it is started again by itself.")
        )
    return Part("database", title, Level.OK, f"PostgreSQL {version.split()[0]}", user)


def _core_part(core: dict[str, Any] | None) -> Part:
    title = _("Trading core")
    if core is None:
        return Part("core", title, Level.CRITICAL, "—", _("The core does not answer; orders are refused meanwhile."))
    phase = str(_PHASES.get(core["phase"], core["phase"]))
    if not core["trading"]:
        return Part("core", title, Level.MAJOR, phase, str(core["reason"]))
    return Part("core", title, Level.OK, phase, _day(core["trading_day"]))


def _journal_part(core: dict[str, Any] | None) -> Part:
    title = _("Journal number")
    if core is None:
        return Part("journal", title, Level.CRITICAL, "—")
    note = _("epoch %(epoch)s, snapshot at %(snapshot)s") % {
        "epoch": core["epoch"],
        "snapshot": f"{core['snapshot_seq']:,}",
    }
    return Part("journal", title, Level.OK, f"{core['seq']:,}", note)


def _calendar_parts(core: dict[str, Any] | None) -> list[Part]:
    """The calendar that times the market; one that is always open times nothing and has nothing to say."""
    calendar = core.get("calendar") if core else None
    if not calendar or not calendar["timed"]:
        return []
    title, name = _("Trading calendar"), str(calendar["name"])
    if not calendar["covered"]:
        silent = _("The calendar does not reach this day: contracts stay closed.")
        return [Part("calendar", title, Level.MAJOR, name, silent)]
    if calendar["confirmed"]:
        return [Part("calendar", title, Level.OK, name, _day(calendar["trading_day"]))]
    note = _("%(day)s is unconfirmed, with %(count)s days of the file: compare them with the exchange's notices.") % {
        "day": _day(calendar["trading_day"]) or "–",
        "count": f"{calendar['unconfirmed_days']:,}",
    }
    return [Part("calendar", title, Level.WARN, name, note)]


def _projection_parts(core: dict[str, Any] | None) -> list[Part]:
    from trading.models import FollowerLag, FollowerPosition

    parts = []
    try:
        with transaction.atomic():
            positions = list(FollowerPosition.objects.order_by("name"))
            lags: dict[str, list[int]] = {}
            for name, oldest_ns in FollowerLag.objects.order_by("-committed_ns").values_list("name", "oldest_ns")[
                :2000
            ]:
                lags.setdefault(name, []).append(oldest_ns)
    except DatabaseError:
        return [Part("projection", _("Projection"), Level.MAJOR, "—")]
    for position in positions:
        behind = max(0, core["seq"] - position.seq) if core else 0
        p99_ms = _p99(lags.get(position.name, [])) / 1_000_000
        level = Level.MAJOR if p99_ms > LAG_MAJOR_MS else Level.WARN if p99_ms > LAG_WARN_MS else Level.OK
        note = _("%(behind)s commands behind, at number %(seq)s") % {
            "behind": f"{behind:,}",
            "seq": f"{position.seq:,}",
        }
        title = _("Projection lag (p99): %(name)s") % {"name": _FOLLOWERS.get(position.name, position.name)}
        parts.append(Part(f"projection.{position.name}", title, level, f"{p99_ms:,.0f} ms", note))
    return parts


def _disk_part(core: dict[str, Any] | None) -> Part:
    used = int(core["disk_used_pct"]) if core else int(psutil.disk_usage(str(var_dir())).percent)
    if used >= DISK_STOP_PCT:
        return Part("disk", _("Disk"), Level.CRITICAL, f"{used} %", _("New orders are refused until space is freed."))
    level = Level.MAJOR if used >= DISK_MAJOR_PCT else Level.WARN if used >= DISK_WARN_PCT else Level.OK
    return Part(
        "disk", _("Disk"), level, f"{used} %", _("New orders are refused from %(stop)s %%.") % {"stop": DISK_STOP_PCT}
    )


def _processes_part() -> Part:
    title = _("Processes")
    current = state.read_state()
    if current is None or not current.alive():
        return Part("processes", title, Level.OK, "—", _("Run by the operating system, not by run_all."))
    down = [process.name for process in current.processes if not process.alive()]
    restarts = sum(process.restarts for process in current.processes)
    level = Level.MAJOR if down else Level.OK
    running = f"{len(current.processes) - len(down)} / {len(current.processes)}"
    note = ", ".join(down) if down else _("%(count)s restarts") % {"count": restarts}
    return Part("processes", title, level, running, note)


def _version_parts(core: dict[str, Any] | None) -> list[Part]:
    engine = str(core["engine_version"]) if core else "—"
    software = f"Python {platform.python_version()}, Django {django.get_version()}"
    return [Part("version", _("Version"), Level.OK, f"Aurum {settings.VERSION}", f"{software}, engine {engine}")]


def _p99(values: list[int]) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])


def _day(trading_day: int) -> str:
    text = str(trading_day)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text
