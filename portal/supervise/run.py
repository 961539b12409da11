"""Runs the whole portal on this machine: `make demo` in the foreground, `make start` behind `--detach`."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from portal import env
from portal.lib.paths import REPOSITORY
from portal.supervise import demo_page, detached, market, programs, state
from portal.supervise.programs import Plan
from portal.supervise.steps import Steps
from portal.supervise.supervisor import StepFailed, Stopped, Supervisor

MARKET_SECONDS_MAX: Final = 60.0
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `manage.py run_all`."""
    parser.add_argument("--demo", action="store_true", help="load demo people and money, run a simulated market")
    parser.add_argument("--data", default="", help="replay recorded gold from this file instead of a random path")
    parser.add_argument("--speed", default="60", help="how many times faster than recorded a replay runs")
    parser.add_argument("--detach", action="store_true", help="return when everything answers and go on running")
    parser.add_argument("--bind", default=env.text("AURUM_BIND", default="127.0.0.1"))
    parser.add_argument("--port", type=int, default=env.integer("AURUM_PORT", default=8000, minimum=1))
    parser.add_argument("--web", type=int, default=env.integer("AURUM_WEB", default=1, minimum=1, maximum=64))


def main(arguments: Sequence[str]) -> int:
    """Start, watch, stop; returns 1 when a step failed."""
    parser = argparse.ArgumentParser(prog="manage.py run_all", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(list(arguments)), arguments=arguments)


def run(options: argparse.Namespace, *, arguments: Sequence[str]) -> int:
    """Run with parsed options; `arguments` are what a background run repeats."""
    running = state.read_state()
    if running is not None and running.alive():
        return _refuse(f"the portal already runs at {running.url} (process {running.pid}); `make stop` ends it")
    if options.demo and options.bind not in LOOPBACK:
        return _refuse("demo logins work on loopback only: bind to 127.0.0.1, or install with make start DEMO=0")
    if options.data and not Path(options.data).is_file():
        return _refuse(f"no such file: {options.data}")
    if options.detach:
        return detached.start_and_wait(["run_all", *(word for word in arguments if word != "--detach")])
    if running is not None and (ended := state.end_orphans(running.processes)):
        _say(f"ended {ended} processes that a killed supervisor had left running")
    return _supervise(_plan(options))


def _supervise(plan: Plan) -> int:
    supervisor = Supervisor(plan)
    supervisor.catch_signals()
    try:
        _start(supervisor, steps=Steps(total=6 if plan.demo else 4, out=sys.stdout))
        supervisor.ready()
        supervisor.watch()
        _say("stopping")
        supervisor.stop_all()
    except Stopped:
        supervisor.stop_all()
    except StepFailed as failure:
        supervisor.stop_all(problem=failure.what)
        return _refuse(_explain(failure, plan))
    except BaseException as problem:
        supervisor.stop_all(problem=repr(problem))
        raise
    return 0


def _plan(options: argparse.Namespace) -> Plan:
    listener, port = programs.open_listener(bind=options.bind, port=options.port)
    if port != options.port:
        _say(f"port {options.port} is taken; the portal uses {port}")
    return Plan(
        demo=options.demo,
        data=options.data,
        speed=options.speed,
        listener=listener,
        bind=options.bind,
        port=port,
        web_processes=options.web,
    )


def _start(supervisor: Supervisor, *, steps: Steps) -> None:
    plan = supervisor.plan
    with steps.step("PostgreSQL") as step:
        database = programs.postgres(plan)
        if database is None:
            step.name, step.outcome = "PostgreSQL (DATABASE_URL)", "external"
        else:
            supervisor.start(database)
            step.name, step.outcome, step.note = demo_page.embedded_server_words()
    with steps.step("schema, database roles, row security") as step:
        step.note = supervisor.run_once("setup_database")
    with steps.step("matching core and followers") as step:
        supervisor.start(programs.core(plan))
        supervisor.start(programs.followers(plan))
        status = market.core_status()
        step.outcome = "ready"
        step.note = f"journal number {status['seq']:,}" if status else ""
    servers = [programs.web(plan, number=number) for number in range(1, plan.web_processes + 1)]
    # Web servers take seconds to load, which the demo's data can be written in.
    for server in servers:
        supervisor.launch(server)
    if plan.demo:
        with steps.step("demo data") as step:
            step.note = supervisor.run_once("seed_demo")
    with steps.step("web (daphne)") as step:
        for server in servers:
            supervisor.await_ready(server.name)
        supervisor.start(programs.reconciler(plan))
        step.outcome, step.note = "ready", plan.url
    if plan.demo:
        with steps.step("demo market and strategy machines") as step:
            _start_market(supervisor)
            step.outcome, step.note = "trading", supervisor.run_once("seed_trades")
    seconds = time.monotonic() - steps.started_at
    steps.say(demo_page.closing_words(plan, seconds=seconds))


def _start_market(supervisor: Supervisor) -> None:
    """Start the participants and wait until lots change hands."""
    before = market.traded_lots()
    simulation = programs.simulation(supervisor.plan)
    supervisor.start(simulation)
    log = str(supervisor.children[-1].log_file)
    supervisor.wait_until(
        lambda: market.traded_lots() > before,
        what="the first simulated trade",
        seconds_max=MARKET_SECONDS_MAX,
        log=log,
    )


def _explain(failure: StepFailed, plan: Plan) -> str:
    retry = "make demo" if plan.demo else "make start DEMO=0"
    if plan.data:
        retry += f" DATA={shlex.quote(plan.data)}"
    words = [f"{failure.what}.", f"Log: {failure.log}"]
    if failure.last_words:
        words.append("Its last lines:\n" + failure.last_words)
    words.append(f"When it is mended, try again in {REPOSITORY.name}/ with: {retry}")
    return "\n".join(words)


def _refuse(text: str) -> int:
    _say(text)
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
