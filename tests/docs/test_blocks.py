"""The README and the guides are true: their commands exist, and print what is shown."""
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import DOCUMENTS, ROOT, commands_named, console_steps, first_difference

TOOL = Path(os.environ.get("ECKART", ROOT / "eckart")).resolve()
NAMED = pytest.mark.parametrize("document", DOCUMENTS, ids=[file.name for file in DOCUMENTS])


@pytest.fixture
def place(tmp_path):
    """A folder as a newcomer has it after make demo: examples/ and ./eckart."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "eckart").symlink_to(TOOL)
    return folder


def run(command, folder):
    path = f"{TOOL.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    environment.pop("OPENBLAS_CORETYPE", None)  # what a user set is warned about
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@NAMED
def test_every_console_block_prints_what_is_shown(document, place):
    problems = []
    text = document.read_text("utf-8")
    for command in re.findall(r"<!-- run: (.*?) -->", text):  # what a reader brings along
        done = run(command, place)
        assert done.returncode == 0, done.stdout
    variables = ""
    for line, steps, long in console_steps(text):
        if long and not os.environ.get("ECKART_LONG_TESTS"):
            continue
        before = variables
        for command, shown in steps:
            if command.startswith("cd "):
                before += command + "\n"
                continue
            if re.match(r"\w+=\S*$", command):
                variables += command + "\n"
                before += command + "\n"
                continue
            done = run(before + command, place)
            wrong = first_difference(shown, done.stdout.splitlines())
            if wrong is None and not shown and done.returncode > 1:
                wrong = f"no failure, but it ended with {done.returncode}"
            if wrong is not None:
                problems.append(f"{document.name}:{line}: $ {command}\n  shown: {wrong}\n"
                                + done.stdout)
    assert not problems, "\n".join(problems)


@NAMED
def test_every_command_and_option_that_is_named_exists(document):
    problems = []
    for line, command in commands_named(document.read_text("utf-8")):
        command = re.split(r"[|>;&]| #|   ", re.sub(r"[{}…]", " ", command))[0]
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            words = command.split()
        words = [word for word in words if word not in ("...", "[OPTIONS]")]
        if not words or re.match(r"[A-Z]|[^a-z-]", words[0]):
            continue
        # The first name that does not exist is complained of: it must be ours, and nothing runs.
        end = words.index("--") if "--" in words else len(words)
        done = subprocess.run([TOOL, *words[:end], "--no-such-option"], capture_output=True,
                              text=True)
        if done.returncode != 2 or "--no-such-option" not in done.stderr:
            problems.append(f"{document.name}:{line}: eckart{command}: {done.stderr}")
    assert not problems, "\n".join(problems)


def test_a_block_that_shows_something_else_is_found():
    shown = ["sum 3", "...", "took 0.1 s"]
    assert first_difference(shown, ["sum 3", "a", "b", "took 2.25 s", ""]) is None
    assert first_difference(shown, ["sum 4", "took 2 s"]) == "sum 3"
    assert first_difference(shown, ["sum 3", "a"]) == "took TIME"
    assert "extra" in first_difference(["sum 3"], ["sum 3", "extra"])
    steps = console_steps("text\n```console\n$ a \\\n   b\nout\n$ c\n```\n")
    assert steps == [(2, [("a \\\n   b", ["out"]), ("c", [])], False)]
