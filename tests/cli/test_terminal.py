"""What a person sees: help, colour, progress, and the fallbacks of poorer terminals."""
import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path

import pytest
from conftest import TOOL, run_tool

A = "[[3,2],[2,3]]"
COMMANDS = ["svd", "info", "check", "lowrank", "transform", "inverse", "energy", "pca", "score",
            "solve", "rank", "cond", "norm", "pinv", "null", "range", "doctor",
            "completion"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_way_to_ask_for_help_gives_the_same(eckart, command):
    texts = [eckart(*arguments) for arguments in
             ((command, "--help"), (command, "-h"), ("help", command))]
    assert [run.code for run in texts] == [0, 0, 0]
    assert texts[0].out == texts[1].out == texts[2].out
    assert texts[0].out.index("Examples") < texts[0].out.index("Usage")
    assert f"eckart {command}" in texts[0].out
    assert max(map(len, texts[0].out.splitlines())) <= 100


def test_the_overview_lists_every_command_and_exit_code(eckart):
    run = eckart("--help")
    assert run.code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", run.out, re.M)
    assert "130" in run.out


def test_help_explains_every_option(eckart):
    for command in COMMANDS:
        lines = eckart(command, "--help-all").out.splitlines()
        for i, line in enumerate(lines):
            if re.match(r"  (-\w, |    )--", line):
                described = re.search(r"--\S+.*  +\S", line) or lines[i + 1].startswith(" " * 20)
                assert described, line


def test_the_version_is_one_line(eckart):
    run = eckart("--version")
    assert run.code == 0 and re.fullmatch(r"eckart \d+\.\d+\.\d+\n", run.out)


@pytest.mark.parametrize("arguments, env, colored", [
    ([], {}, False), (["--color", "always"], {}, True), (["--color=never"], {"CLICOLOR_FORCE": "1"}, False),
    ([], {"CLICOLOR_FORCE": "1"}, True), ([], {"CLICOLOR_FORCE": "0"}, False),
    ([], {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False), (["--color", "always"], {"NO_COLOR": "1"}, True)])
def test_colour_is_there_when_it_is_wanted(eckart, arguments, env, colored):
    run = eckart("svd", A, *arguments, env=env)
    assert ("\033[" in run.out) == colored


def test_colour_carries_no_meaning(eckart):
    plain = eckart("svd", A, "--color", "never").out
    colored = re.sub(r"\033\[[0-9;]*m", "", eckart("svd", A, "--color", "always").out)
    strip_times = lambda text: re.sub(r"in \S+ s", "", text)
    assert strip_times(plain) == strip_times(colored)


@pytest.mark.parametrize("arguments", [["svd", A], ["info", A], ["svd", A, "--plan"], ["doctor"]])
def test_a_locale_without_utf_8_gets_ascii(eckart, arguments):
    run = eckart(*arguments, env={"LC_ALL": "C"})
    assert run.out.isascii()
    assert "svd" not in arguments or "--plan" in arguments or "asked: met" in run.out


def on_terminal(arguments, env=None):
    """Runs the tool on a pseudo-terminal for input, output and errors; returns code and output."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
    for name in ("CI", "NO_COLOR"):
        if name not in (env or {}):
            environment.pop(name, None)
    with subprocess.Popen([TOOL, *arguments], stdin=slave, stdout=slave, stderr=slave,
                          env=environment) as process:
        os.close(slave)
        output = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            output += part
    os.close(master)
    return process.returncode, output.decode()


def test_a_keyboard_is_not_waited_for():
    code, output = on_terminal(["svd", "-"])
    assert code == 2
    assert "keyboard" in output


def test_a_terminal_gets_colour_and_no_color_takes_it_away():
    assert "\033[1m" in on_terminal(["svd", A])[1]
    assert "\033[1m" not in on_terminal(["svd", A], {"NO_COLOR": "1"})[1]
    assert "\033[1m" not in on_terminal(["svd", A], {"TERM": "dumb"})[1]


def test_quick_runs_show_no_progress():
    assert "\033[K" not in on_terminal(["svd", A])[1]


def test_doctor_tells_what_it_computes_with(eckart):
    run = eckart("doctor", "--json")
    assert run.code in (0, 1)
    assert (run.code == 0) == (run.json["problems"] == [])
    assert run.json["gemm_gflops"] > 0 and run.json["read_gb_per_second"] > 0
    assert run.json["threads_available"] >= 1
    assert run.json["blas"]["library"] and run.json["isa"]


def test_doctor_names_a_kernel_that_is_too_old(eckart):
    run = eckart("doctor", "--json", env={"OPENBLAS_CORETYPE": "Prescott"})
    blas = run.json["blas"]
    if blas["kernel"].lower() != "prescott" or blas["best_kernel"].lower() == "prescott":
        pytest.skip("this BLAS does not obey OPENBLAS_CORETYPE, or this CPU has nothing better")
    assert run.code == 1
    assert blas["misdetected"] is True
    assert "OPENBLAS_CORETYPE" in run.json["problems"][0]


def test_the_repair_of_the_kernel_happens_once(eckart):
    # With the guard set the process must not start itself again, whatever the BLAS says.
    # What another process, or the user, left in it is no repair of this one.
    for mark in ("1", "Prescott", "Prescott 1"):
        run = run_tool("doctor", "--json", env={"ECKART_BLAS_REPAIRED": mark})
        assert run.code in (0, 1) and run.json["blas"]["kernel_before_repair"] == ""
        assert not any("restarted" in note for note in run.json["notes"])
    # What this very process set before it replaced itself is: exec keeps the process number.
    shell = 'ECKART_BLAS_REPAIRED="Prescott $$" exec "$1" doctor --json'
    run = subprocess.run(["sh", "-c", shell, "sh", TOOL], capture_output=True)
    assert json.loads(run.stdout)["blas"]["kernel_before_repair"] == "Prescott"


@pytest.mark.parametrize("chosen, spins", [({}, "20000"), ({"GOMP_SPINCOUNT": "7"}, "7"),
                                           ({"OMP_WAIT_POLICY": "active"}, None)])
def test_idle_threads_spin_for_a_short_while_unless_the_user_chose(chosen, spins):
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    process = subprocess.Popen([TOOL, "svd", "-", "--quiet"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**environment, **chosen})
    try:
        deadline = time.monotonic() + 60  # until it waits for its input, started anew or not
        while not Path(f"/proc/{process.pid}/syscall").read_text().startswith("0 0x0 "):
            assert time.monotonic() < deadline
        entries = Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0")
        seen = dict(e.split("=", 1) for e in entries if "=" in e).get("GOMP_SPINCOUNT")
        assert seen == spins
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("arguments", [["svd", A, "-qh"], ["svd", "-h.npy"], ["svd", "-hx"],
                                       ["svd", "-qh", "-k", "1"]])
def test_help_among_other_letters_is_help(eckart, arguments):
    run = eckart(*arguments)
    assert run.code == 0 and run.err == ""
    assert run.out == eckart("svd", "--help").out


def test_one_of_a_kind_is_singular(eckart, tmp_path):
    run = eckart("svd", "[[2]]", "-k", "1", "--threads", "1", "-o", "out")
    assert re.search(r"; 1 triplet in .*, 1 thread,", run.out)
    assert not re.search(r"\b1 \w+(sses|ets|ads)\b", run.out)
    run = eckart("lowrank", "out", "-k", "2", "-o", "B.npy")
    assert run.code == 2 and run.err.endswith("holds 1 triplet\n")
    assert "factors  1 triplet from" in eckart("check", "[[2]]", "out").out
