#!/usr/bin/env python3
"""Checks the text files that git tracks. Usage: check_text.py [ROOT]; prints FILE:LINE: RULE, exits 1;
outside a git checkout there is nothing to check: exits 77, which ctest shows as skipped.

No path of one machine, no trailing blanks, no tabs (but in make files), no carriage returns, a
newline at the end, no marker of a merge; shell scripts pass `sh -n`, and shellcheck where it is
installed.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

SUFFIXES = {".cpp", ".hpp", ".h", ".py", ".sh", ".md", ".cmake", ".json", ".txt", ".yml", ".toml"}
NAMES = {"Makefile", "LICENSE", ".gitignore", ".clang-format", ".clang-tidy", ".editorconfig"}
# Other people's files, kept as they came; seeds of the fuzzers, broken on purpose.
EXEMPT = ("examples/data/", "fuzz/corpus/", "tests/data/")
# Written in two parts, so that this file passes its own check.
MACHINE_PATH = re.compile("/wo" "rk/|/tm" "p/bash|/ho" "me/|/ro" "ot/")


def tracked(root):
    """Returns the paths that git tracks below root and that still exist."""
    listing = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"],
                             check=True, capture_output=True, text=True).stdout
    return [path for path in listing.split("\0") if path and (root / path).is_file()]


def check_text(path, text):
    """Yields (line, rule) for every rule that the text of a file breaks."""
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"
    for number, line in enumerate(text.split("\n"), 1):
        if re.match("<{7} |>{7} ", line):
            yield number, "left over from a merge"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine"
        if line.endswith("\r"):
            yield number, "carriage return; lines end with a newline alone"
        elif line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line.rstrip() and not path.endswith("Makefile"):
            yield number, "tab; indent with spaces"


def check_shell(file):
    """Returns what the shell, and shellcheck where there is one, say against a script."""
    commands = [["sh", "-n", str(file)]]
    if shutil.which("shellcheck"):
        commands.append(["shellcheck", "--severity=warning", "--format=gcc", str(file)])
    runs = [subprocess.run(command, capture_output=True, text=True) for command in commands]
    return [(run.stdout + run.stderr).strip() for run in runs if run.returncode]


def check(root, paths=None):
    """Returns one line for every broken rule in the given files, or in those that git tracks."""
    root = Path(root)
    problems = []
    for path in tracked(root) if paths is None else paths:
        data = (root / path).read_bytes()
        script = re.match(rb"#!\s*/bin/(ba|da)?sh", data) is not None
        if path.startswith(EXEMPT):
            continue
        if script or Path(path).suffix in SUFFIXES or Path(path).name in NAMES:
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError as error:
                problems.append(f"{path}: not UTF-8 at byte {error.start}")
                continue
            problems += [f"{path}:{line}: {rule}" for line, rule in check_text(path, text)]
        if script:
            problems += check_shell(root / path)
    return problems


if __name__ == "__main__":
    top = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    if not (top / ".git").exists():
        print("SKIPPED: this is no git checkout")
        sys.exit(77)
    found = check(top)
    print("\n".join(found) or "Text: every tracked file is clean.")
    sys.exit(1 if found else 0)
