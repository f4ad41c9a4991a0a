"""Command line of the benchmark; bench/run.sh sets the environment up and calls it."""

import argparse
import functools
import importlib
import os
import sys
from pathlib import Path

from harness import machine, report, rounds, self_test
from harness.task import Measurement

BENCH = Path(__file__).parent.parent
EFFORTS = ("quick", "standard", "full")


def tasks():
    """Returns every task by name, from the files of bench/tasks/."""
    files = sorted(path.stem for path in (BENCH / "tasks").glob("*.py") if path.stem != "__init__")
    return {name: importlib.import_module(f"tasks.{name}").TASK for name in files}


def parse(known):
    parser = argparse.ArgumentParser(
        prog="bench/run.sh", description="Times Eckart against other libraries."
    )
    parser.add_argument("task", nargs="*", help=f"which ({', '.join(known)}); default: all")
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--quick", action="store_const", dest="effort", const="quick")
    effort.add_argument("--full", action="store_const", dest="effort", const="full")
    parser.add_argument("--self-test", action="store_true", help="tiny sizes; tests the harness")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--case", help="only cases whose name holds this; writes no file of results")
    parser.add_argument("--rounds", type=int, default=5, help="times that all take turns (5)")
    parser.add_argument("--limit", type=float, default=300, help="seconds for one run (300)")
    parser.set_defaults(effort="standard")
    arguments = parser.parse_args()
    for name in arguments.task:
        if name not in known:
            parser.error(f"unknown task '{name}'; known: {', '.join(known)}")
    if arguments.threads < 1:
        parser.error(f"--threads is {arguments.threads}; expected at least 1")
    if arguments.rounds < 1:
        parser.error(f"--rounds is {arguments.rounds}; expected at least 1")
    return arguments


def say(text):
    print(text, flush=True)


def run_measurement(task, pace, folder, command, tiny=False):
    """Runs it and writes its files. Returns them as {name: text}."""
    say(task.name)
    facts = {"command": command, "threads": pace.threads, "load": machine.load_average()}
    log = Path(os.environ["ECKART_BENCH_CACHE"]) / "logs" / f"{task.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    files = task.run(pace, functools.partial(report.head, facts=(), **facts), log, say, tiny)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return files


def run_task(task, cases, pace, folder, command):
    """Runs the cases and writes folder/TASK.md, or says it without a folder. Returns the outcomes."""
    load = machine.load_average()
    outcomes = []
    for case in cases:
        say(f"{task.name}: {case.name}")
        outcomes.append(rounds.run_case(case, pace, say))
    text = report.markdown(task, outcomes, command=command, threads=pace.threads, load=load)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{task.name}.md").write_text(text)
    else:
        say(text)
    return outcomes


def main():
    known = tasks()
    arguments = parse(known)
    chosen = [known[name] for name in arguments.task or known]
    if arguments.self_test:
        return self_test.run(chosen, run_task, run_measurement)
    pace = rounds.Pace(arguments.threads, arguments.limit, arguments.rounds)
    flag = "" if arguments.effort == "standard" else f" --{arguments.effort}"
    effort = EFFORTS.index(arguments.effort)
    for task in chosen:
        command = f"bench/run.sh {task.name}{flag}"
        if isinstance(task, Measurement):
            if arguments.case:
                continue
            if EFFORTS.index(task.effort) <= effort:
                run_measurement(task, pace, BENCH / "results", command)
            else:
                say(f"{task.name}: skipped, it is not that quick")
            continue
        if task.needs_data and not os.environ.get("ECKART_DATA"):
            say(f"{task.name}: skipped, ECKART_DATA does not name the folder of real data")
            continue
        cases = [case for case in task.cases if EFFORTS.index(case.effort) <= effort]
        if arguments.case:
            cases = [case for case in task.cases if arguments.case in case.name]
            if cases:
                run_task(task, cases, pace, None, f'{command} --case "{arguments.case}"')
            continue
        if not cases:
            say(f"{task.name}: skipped, no case is that quick")
            continue
        run_task(task, cases, pace, BENCH / "results", command)
        say((BENCH / "results" / f"{task.name}.md").read_text())
    return 0


sys.exit(main())
