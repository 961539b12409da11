"""One measured process of `make bench-engine`: makes itself ready, then runs a stretch each time it is told to.

`python -m tests.benchmarks.engine_bench_worker '{"kind": …}'`; it says "ready", reads the name of a stretch from each
line of standard input and answers with a line of JSON. So that several processes can be measured in turn, and a slow
minute of the machine meets them all. Seconds are the process's own on the processor: nothing here waits, and what other
processes take of a shared machine is not the engine's.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from time import process_time
from typing import Any, Final

Answer = dict[str, Any]
MATCHED: Final = 100_000
SLOWLY_MATCHED: Final = 1_000


def main() -> None:
    """Take the right form of the modules, make ready, serve."""
    plan = json.loads(sys.argv[1])
    _take_form(plan)
    stretch = _KINDS[plan["kind"]](plan)
    gc.collect()
    gc.freeze()
    gc.disable()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        print(json.dumps(stretch(line.strip())), flush=True)  # noqa: T201


def _take_form(plan: Answer) -> None:
    """Compiled or plain, before anything of the engine is imported; another form than the one asked for is an error."""
    wanted = "compiled" if os.environ.get("AURUM_COMPILED") == "1" else "plain"
    if plan["kind"] == "matching" and wanted == "compiled":
        from tests.benchmarks import engine_bench_build

        engine_bench_build.activate()
        return
    from portal.lib import compiled

    if (found := compiled.activate()) != wanted:
        raise SystemExit(f"the modules are {found}, wanted {wanted}: run make build-engine")


def _matching(plan: Answer) -> Callable[[str], Answer]:
    """The whole list through one exchange; what fills its book at first is not measured."""
    from tests.benchmarks.engine_bench_exchanges import RUNS, count_fills
    from tests.benchmarks.engine_bench_list import MessageList

    listed, kind = MessageList(resting=1_000, accounts=1_000), plan["kind"]
    opening, messages = listed.opening(), listed.next(MATCHED)

    def stretch(what: str) -> Answer:
        chosen = messages[:SLOWLY_MATCHED] if what == "short" else messages
        run = RUNS[kind]()
        run.run(opening)
        gc.collect()
        started_s = process_time()
        reports = run.run(chosen)
        took_s = process_time() - started_s
        return {"per_s": len(chosen) / took_s} | count_fills(kind, reports)

    return stretch


def _commands(plan: Answer) -> Callable[[str], Answer]:
    """The same list as commands of accounts through counter and exchange."""
    from portal.lib import huge_pages
    from tests.benchmarks.engine_bench_commands import CommandRun
    from trading.core.process import is_wide

    run = CommandRun(
        accounts=plan["accounts"], resting=plan["resting"], count=plan["count"], replica=plan.get("replica", False)
    )
    if is_wide(run.machine):
        huge_pages.gather()  # as such a core does when it has recovered, and after each snapshot
    return run.stretch


def _memory(_plan: Answer) -> Callable[[str], Answer]:
    """Bytes an order, by tracemalloc."""
    from tests.benchmarks.engine_bench_commands import bytes_per_node, bytes_per_open_order

    return lambda _what: {"node": bytes_per_node(), "total": bytes_per_open_order()}


_KINDS: Final[dict[str, Callable[[Answer], Callable[[str], Answer]]]] = {
    "matching": _matching,
    "lightmatchingengine": _matching,
    "order_matching": _matching,
    "commands": _commands,
    "memory": _memory,
}

if __name__ == "__main__":
    main()
