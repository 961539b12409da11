"""`make bench-engine`: the engine against its peers and against its own goals; last line one JSON object.

Every contestant is a process of its own, plain or compiled, without garbage collection; they run in turn, so that a
slow minute of a shared machine meets all of them, and the figure of each is its best of the rounds. Where the pages of
a process come to lie moves its speed by a tenth for as long as it lives, so of each several are made, one after
another. One seeded list of messages is given to all, and the fills that they report must be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from portal.lib.errors import Failed
from portal.lib.paths import REPOSITORY
from tests.benchmarks import engine_bench_build

PROCESSES: Final = 3
ROUNDS: Final = 3
MATCH_ROUNDS: Final = 8
COMMANDS: Final = 50_000
CURVE_PROCESSES: Final = 2
CURVE_ROUNDS: Final = 8
COMMAND_ROUNDS: Final = 8
CURVE_COMMANDS: Final = 10_000
RESTING: Final = (1_000, 100_000, 1_000_000)
ACCOUNTS: Final = (100, 1_000, 10_000, 100_000)
COMMANDS_PER_S: Final = 150_000
COMPILED_COMMANDS_PER_S: Final = 300_000
LIGHT_PER_S: Final = 277_000
"""What lightmatchingengine makes on the machine for which the two goals above were set. Beside it they are ratios,
which say the same on a machine of any speed."""


class Worker:
    """One measured process."""

    def __init__(self, *, form: str = "plain", **plan: Any) -> None:
        self.best: dict[str, float] = {}
        self.fills: dict[str, dict[str, int]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.engine_bench_worker", json.dumps(plan)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
            env=os.environ | {"AURUM_COMPILED": "1" if form == "compiled" else "0"},
        )  # fmt: skip
        if self._line() != "ready":
            raise Failed(f"the {form} {plan['kind']} process did not become ready", cause="see above")

    def run(self, what: str) -> dict[str, Any]:
        """Run one stretch; keeps the best speed of each kind."""
        if self._process.stdin is None:
            raise Failed("a benchmark process has no input", cause="it was started wrongly")
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line() or "null")
        if answer is None:
            raise Failed(f"a benchmark process ended while it ran {what}", cause="see above")
        self.best[what] = max(self.best.get(what, 0.0), answer.get("per_s", 0.0))
        if "fills" in answer:
            self.fills[what] = {name: answer[name] for name in ("fills", "lots", "turnover")}
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        return "" if self._process.stdout is None else self._process.stdout.readline().strip()


@contextmanager
def workers(*plans: dict[str, Any]) -> Iterator[list[Worker]]:
    """Processes that stand ready together until the block ends."""
    with ExitStack() as stack:
        made = []
        for plan in plans:
            worker = Worker(**plan)
            stack.callback(worker.close)
            made.append(worker)
        yield made


def say(text: str) -> None:
    """Show progress."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def match_figures() -> dict[str, int]:
    """The exchange part beside its peers."""
    names = ("matching_per_s", "matching_per_s_compiled", "lightmatchingengine_per_s", "order_matching_per_s")
    best = dict.fromkeys(names, 0.0)
    for _ in range(PROCESSES):
        for name, reached in zip(names, _match_once(), strict=True):
            best[name] = max(best[name], reached)
    return {name: round(reached) for name, reached in best.items()}


def _match_once() -> list[float]:
    """One process of each contestant, in turn."""
    plans = [
        {"kind": "matching"},
        {"kind": "matching", "form": "compiled"},
        {"kind": "lightmatchingengine"},
        {"kind": "order_matching"},
    ]
    with workers(*plans) as (plain, compiled, light, slow):
        for at in range(MATCH_ROUNDS):  # a tenth of a second each: cheap enough for more than three
            for worker in (plain, light, compiled):
                worker.run("whole")
            if at % 2 == 0:
                slow.run("short")
        plain.run("short")
        if not plain.fills["whole"] == light.fills["whole"] == compiled.fills["whole"]:
            raise Failed("the fills differ", cause=f"{plain.fills}, {compiled.fills}, {light.fills}")
        if plain.fills["short"] != slow.fills["short"]:
            raise Failed("the fills differ", cause=f"{plain.fills['short']}, order-matching {slow.fills['short']}")
        say(f"fills equal: {plain.fills['whole']}; order-matching on the first messages: {slow.fills['short']}")
        return [plain.best["whole"], compiled.best["whole"], light.best["whole"], slow.best["short"]]


def memory_figures() -> dict[str, int]:
    """Bytes an order."""
    with workers({"kind": "memory"}) as (worker,):
        sizes = worker.run("sizes")
    return {"bytes_per_resting_order": sizes["node"], "bytes_per_open_order_total": sizes["total"]}


def command_figures() -> dict[str, int]:
    """The whole command at 100,000 accounts: alone and live in an engine like a core's.

    A core shares its process with no other engine, so neither do these. The forms take turns, as all contestants do,
    and a peer takes them too, to say how fast the machine is in these minutes.
    """
    plan = {"kind": "commands", "accounts": ACCOUNTS[-1], "resting": RESTING[0], "count": CURVE_COMMANDS}
    best: dict[str, float] = {}
    for _ in range(PROCESSES):
        with workers(plan, plan | {"form": "compiled"}, {"kind": "lightmatchingengine"}) as (plain, compiled, light):
            for _ in range(COMMAND_ROUNDS):
                for what in ("command", "live"):
                    plain.run(what)
                    compiled.run(what)
                light.run("whole")
        for name, reached in (
            ("command_per_s", plain.best["command"]),
            ("command_per_s_compiled", compiled.best["command"]),
            ("live_per_s", plain.best["live"]),
            ("live_per_s_compiled", compiled.best["live"]),
            ("light_beside_per_s", light.best["whole"]),
        ):
            best[name] = max(best.get(name, 0.0), reached)
        say(f"one pair of processes: {plain.best['command']:,.0f}/s plain, {compiled.best['command']:,.0f}/s compiled")
    return {name: round(reached) for name, reached in best.items()}


def replay_figures() -> dict[str, int]:
    """What is executed again lives beside the first engine in one process, and is measured there."""
    plan = {"kind": "commands", "accounts": ACCOUNTS[-1], "resting": RESTING[0], "count": COMMANDS, "replica": True}
    with workers(plan, plan | {"form": "compiled"}) as (plain, compiled):
        for _ in range(ROUNDS):
            for what in ("live", "replay"):
                plain.run(what)
                compiled.run(what)
    return {"replay_per_s": round(plain.best["replay"]), "replay_per_s_compiled": round(compiled.best["replay"])}


def print_curve(name: str, form: str, sizes: tuple[int, ...], other: dict[str, int], *, most: float) -> None:
    """What a command costs as one number grows, and how that compares with the smallest."""
    plans = [{"kind": "commands", "count": CURVE_COMMANDS, "form": form, name: size} | other for size in sizes]
    best = [0.0] * len(plans)
    for _ in range(CURVE_PROCESSES):
        with workers(*plans) as made:
            for _ in range(CURVE_ROUNDS):  # more and shorter ones: what is compared here differs by little
                for worker in made:
                    worker.run("command")
            best = [max(before, worker.best["command"]) for before, worker in zip(best, made, strict=True)]
    costs = [1e6 / reached for reached in best]
    say(f"cost of a command by {name}, {form} form:")
    for size, cost in zip(sizes, costs, strict=True):
        say(f"  {size:>9,} {name:<9} {cost:6.2f} us  x {cost / costs[0]:.2f}")
    _goal(f"{name}, largest to smallest ({form})", costs[-1] / costs[0], most=most)


def tell(figures: dict[str, int]) -> None:
    """Lay the figures beside the goals."""
    light, slow, command = (
        figures["lightmatchingengine_per_s"],
        figures["order_matching_per_s"],
        figures["command_per_s"],
    )
    _goal("exchange part to lightmatchingengine", figures["matching_per_s"] / light, least=3.5)
    _goal("the same, compiled", figures["matching_per_s_compiled"] / light, least=5)
    _goal("exchange part to order-matching", figures["matching_per_s"] / slow, least=500)
    _goal("bytes of a book node", figures["bytes_per_resting_order"], most=250)
    _goal("bytes of an open order, all in", figures["bytes_per_open_order_total"], most=600)
    compiled, beside = figures["command_per_s_compiled"], figures["light_beside_per_s"]
    _goal("whole commands a second at 100,000 accounts", command, least=COMMANDS_PER_S)
    _goal("the same, compiled", compiled, least=COMPILED_COMMANDS_PER_S)
    _goal("whole command to lightmatchingengine", command / beside, least=round(COMMANDS_PER_S / LIGHT_PER_S, 2))
    _goal("the same, compiled", compiled / beside, least=round(COMPILED_COMMANDS_PER_S / LIGHT_PER_S, 2))
    _goal("replay to whole command", figures["replay_per_s"] / command, least=0.5)


def _goal(name: str, value: float, *, least: float | None = None, most: float | None = None) -> None:
    reached = (least is None or value >= least) and (most is None or value <= most)
    goal = f"at least {least:,}" if least is not None else f"at most {most:,}"
    say(f"{'reached' if reached else 'SHORT  '} {name}: {value:,.2f} ({goal})")


def main() -> None:
    """Measure everything; the last line is the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-curves", action="store_true", help="leave out how the cost grows (a minute or two)")
    chosen = parser.parse_args()
    engine_bench_build.build()
    figures = match_figures() | memory_figures() | command_figures() | replay_figures()
    if not chosen.no_curves:
        print_curve("resting", "plain", RESTING, {"accounts": 1_000}, most=1.5)
        print_curve("accounts", "plain", ACCOUNTS, {"resting": 1_000}, most=2.5)
    # The whole command once more, minutes after the first time: a shared machine has slow ones.
    figures |= {name: max(figures[name], later) for name, later in command_figures().items()}
    say(f"compiled: live {figures['live_per_s_compiled']:,}/s, replay {figures['replay_per_s_compiled']:,}/s")
    tell(figures)
    order = (
        "matching_per_s", "matching_per_s_compiled", "lightmatchingengine_per_s", "order_matching_per_s",
        "bytes_per_resting_order", "bytes_per_open_order_total", "command_per_s", "command_per_s_compiled",
        "replay_per_s", "live_per_s",
    )  # fmt: skip
    say(json.dumps({name: figures[name] for name in order}))


if __name__ == "__main__":
    main()
