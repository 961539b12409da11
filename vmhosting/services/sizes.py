"""Which sizes and parameters are sane at all, before any quota is looked at."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from portal.lib.errors import Refused
from vmhosting.errors import VmCode
from vmhosting.placement import Size
from vmhosting.services.texts import plain

CPU_MILLI: Final = (50, 64_000)
MEMORY_MIB: Final = (64, 262_144)
DISK_MIB: Final = (8, 1_048_576)
_STRATEGIES: Final = Path(__file__).resolve().parents[1] / "guest" / "strategies"
_PARAMETERS_MAX: Final = 20


def size_checked(*, cpu_milli: int, memory_mib: int, disk_mib: int) -> Size:
    """Return the size, or refuse with the field and its bounds."""
    for field, value, (low, high) in (
        ("cpu_milli", cpu_milli, CPU_MILLI),
        ("memory_mib", memory_mib, MEMORY_MIB),
        ("disk_mib", disk_mib, DISK_MIB),
    ):
        if not low <= value <= high:
            raise Refused(
                VmCode.INVALID,
                {"value": value, "lowest": low, "highest": high},
                detail="This size is outside what a machine can have.",
                status=400,
                pointer=f"/{field}",
            )
    return Size(cpu_milli=cpu_milli, memory_mib=memory_mib, disk_mib=disk_mib)


def strategy_names() -> list[str]:
    """Return the strategies that are part of every machine's image."""
    return sorted(path.stem for path in _STRATEGIES.glob("*.py") if path.stem not in {"__init__", "base"})


@lru_cache(maxsize=32)
def parameter_table(strategy: str) -> dict[str, tuple[Any, str]]:
    """Return name → (default, meaning), read from the strategy's text: guest code is never imported by the server."""
    path = _STRATEGIES / f"{strategy}.py"
    if strategy not in strategy_names():
        return {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and any(getattr(to, "id", "") == "PARAMETERS" for to in node.targets):
            table = ast.literal_eval(node.value)
            return dict(table)
    return {}


def parameters_checked(*, strategy: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with the types of their defaults, or refuse naming the first wrong one."""
    table = parameter_table(strategy)
    if not table:
        raise _bad("strategy", value=strategy, known=strategy_names())
    if len(given) > _PARAMETERS_MAX or not set(given) <= set(table):
        raise _bad("parameters", unknown=sorted(set(given) - set(table))[:5], known=sorted(table))
    found: dict[str, Any] = {}
    for name, value in given.items():
        kind = type(table[name][0])
        if value is None or isinstance(value, bool | list | dict):
            raise _bad(f"parameters/{name}", value=str(value), expected=kind.__name__)
        try:
            found[name] = kind(value)
        except (TypeError, ValueError):
            raise _bad(f"parameters/{name}", value=str(value), expected=kind.__name__) from None
        _check_range(name, found[name])
    return found


def _check_range(name: str, value: Any) -> None:
    if isinstance(value, int | float) and not 0 <= value <= 1_000_000:
        raise _bad(f"parameters/{name}", value=value, lowest=0, highest=1_000_000)
    if isinstance(value, str) and not (1 <= len(value) <= 40 and value.isprintable()):
        raise _bad(f"parameters/{name}", value=plain(value, longest=40), length_max=40)


def _bad(pointer: str, **figures: object) -> Refused:
    return Refused(
        VmCode.PARAMETERS, figures, detail="The strategy does not take this parameter.", status=400,
        pointer=f"/{pointer}",
    )  # fmt: skip
