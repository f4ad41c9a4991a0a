"""The help and the manual page of every command."""
import os
import re
import shutil
import subprocess

import pytest
from conftest import TOOL

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]*)")


def commands_below(path=()):
    """The words of every command that the tool has, as its own help tells them."""
    done = subprocess.run([TOOL, *path, "--help"], capture_output=True, text=True, check=True)
    yield path
    section = re.search(r"\nCommands\n((?:  \S.*\n)+)", done.stdout)
    for line in section[1].splitlines() if section else []:
        if (name := line.split()[0]) != "help":
            yield from commands_below((*path, name))


EVERY = list(commands_below())
NAMED = pytest.mark.parametrize("path", EVERY, ids=[" ".join(path) or "overview" for path in EVERY])


def listed(text):
    return set(OPTION.findall(text.split("\nUsage\n")[1]))


@NAMED
def test_the_help_fits_a_screen_starts_with_an_example_and_names_the_exit_codes(eckart, path):
    run = eckart(*path, "--help")
    assert run.code == 0 and run.err == ""
    lines = run.out.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= 100
    assert lines[1:3] == ["", "Examples"] and lines[3].startswith("  eckart " + " ".join(path))
    codes = run.out.split("\nExit codes\n")[1]
    assert re.search(r"\b2 wrong command line", codes) and "\n\n" not in codes


@NAMED
def test_the_short_help_names_what_the_long_one_explains(eckart, path):
    short, long = (eckart(*path, flag).out for flag in ("--help", "--help-all"))
    explained = set(re.findall(r"^  (?:-\w, |    )(--[a-z][a-z0-9-]*)", long, re.M))
    assert {"--help", "--help-all"} <= explained == listed(long)
    assert listed(short) == explained
    assert eckart("help", *path).out == short


@NAMED
def test_a_wrong_option_suggests_the_right_one(eckart, path):
    longest = max(listed(eckart(*path, "--help-all").out), key=len)
    slip = longest[:-2] + longest[-1] + longest[-2]
    if slip == longest:
        slip = longest[:-1]
    run = eckart(*path, slip)
    assert run.code == 2 and run.out == ""
    assert f"there is no option {slip}; did you mean '{longest}'?" in run.err


def page_name(path):
    return "-".join(("eckart", *path))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man") / "man1"
    subprocess.run([TOOL, "man", "-o", folder], check=True)
    return folder


def test_every_command_has_a_manual_page_and_nothing_else_has(pages):
    assert {file.name for file in pages.iterdir()} == {page_name(path) + ".1" for path in EVERY}


@NAMED
def test_the_manual_page_explains_every_option(eckart, pages, path):
    text = (pages / (page_name(path) + ".1")).read_text()
    assert eckart("man", *path).out == text
    plain = text.replace("\\-", "-").replace("\\fB", "").replace("\\fP", "")
    for option in listed(eckart(*path, "--help-all").out):
        assert re.search(rf"^\.TP\n.*{option}\b", plain, re.M), option
    for heading in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "EXAMPLES"):
        assert f"\n.SH {heading}\n" in text


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_sets_every_page_without_a_warning(pages):
    files = sorted(map(str, pages.iterdir()))
    done = subprocess.run(["groff", "-ww", "-mandoc", "-Tutf8", "-k", *files], capture_output=True,
                          env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and done.stderr == b""
    shown = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())
    assert 'eckart svd "[[3,2],[2,3]]"' in shown and "--max-memory BYTES" in shown


def test_mistakes_about_pages_are_named(eckart):
    assert "no command 'sdv'" in eckart("man", "sdv").err
    both = eckart("man", "svd", "-o", "pages")
    assert both.code == 2 and "leave out 'svd'" in both.err
    assert eckart("man", "-o", "/proc/x").code == 3
