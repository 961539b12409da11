"""Runs the whole portal on this machine: `make demo` in the foreground, `make start` behind `--detach`."""

from __future__ import annotations

import shlex
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import env
from portal.lib.paths import REPOSITORY
from portal.supervise import demo_page, detached, market, programs, state
from portal.supervise.programs import Plan
from portal.supervise.steps import Steps
from portal.supervise.supervisor import StepFailed, Stopped, Supervisor

MARKET_SECONDS_MAX = 60.0


class Command(BaseCommand):
    """`manage.py run_all [--demo] [--data FILE] [--detach]`"""

    help = "Start every process of the portal and keep them running until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what kind of portal to run."""
        parser.add_argument("--demo", action="store_true", help="load demo people and money, run a simulated market")
        parser.add_argument("--data", default="", help="replay recorded gold from this file instead of a random path")
        parser.add_argument("--speed", default="60", help="how many times faster than recorded a replay runs")
        parser.add_argument("--detach", action="store_true", help="return when everything answers and go on running")
        parser.add_argument("--bind", default=env.text("AURUM_BIND", default="127.0.0.1"))
        parser.add_argument("--port", type=int, default=env.integer("AURUM_PORT", default=8000, minimum=1))
        parser.add_argument("--web", type=int, default=env.integer("AURUM_WEB", default=1, minimum=1, maximum=64))

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, watch, stop."""
        running = state.read_state()
        if running is not None and running.alive():
            raise CommandError(f"the portal already runs at {running.url} (process {running.pid}); `make stop` ends it")
        if options["demo"] and options["bind"] not in {"127.0.0.1", "::1", "localhost"}:
            raise CommandError(
                "demo logins work on loopback only: bind to 127.0.0.1, or install with make start DEMO=0"
            )
        if options["detach"]:
            status = detached.start_and_wait([argument for argument in sys.argv[1:] if argument != "--detach"])
            if status:
                raise SystemExit(status)
            return
        if running is not None and (ended := state.end_orphans(running.processes)):
            self.stdout.write(f"ended {ended} processes that a killed supervisor had left running")
        self._run(_plan(options))

    def _run(self, plan: Plan) -> None:
        supervisor = Supervisor(plan)
        supervisor.catch_signals()
        try:
            _start(supervisor, steps=Steps(total=6 if plan.demo else 4, out=sys.stdout))
            supervisor.ready()
            supervisor.watch()
            self.stdout.write("stopping")
            supervisor.stop_all()
        except Stopped:
            supervisor.stop_all()
        except StepFailed as failure:
            supervisor.stop_all(problem=failure.what)
            self.stdout.flush()
            raise CommandError(_explain(failure, plan)) from None
        except BaseException as problem:
            supervisor.stop_all(problem=repr(problem))
            raise


def _plan(options: dict[str, Any]) -> Plan:
    listener, port = programs.open_listener(bind=options["bind"], port=options["port"])
    if port != options["port"]:
        sys.stdout.write(f"port {options['port']} is taken; the portal uses {port}\n")
    data = options["data"]
    if data and not _data_exists(data):
        listener.close()
        raise CommandError(f"no such file: {data}")
    return Plan(
        demo=options["demo"],
        data=data,
        speed=options["speed"],
        listener=listener,
        bind=options["bind"],
        port=port,
        web_processes=options["web"],
    )


def _data_exists(name: str) -> bool:
    from pathlib import Path

    return Path(name).is_file()


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
    if plan.demo:
        with steps.step("demo data") as step:
            step.note = supervisor.run_once("seed_demo")
    with steps.step("web (daphne)") as step:
        for number in range(1, plan.web_processes + 1):
            supervisor.start(programs.web(plan, number=number))
        supervisor.start(programs.reconciler(plan))
        step.outcome, step.note = "ready", plan.url
    if plan.demo:
        with steps.step("demo market and strategy machines") as step:
            _start_market(supervisor)
            step.outcome = "trading"
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
