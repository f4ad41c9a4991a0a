"""The text check goes red for every rule that it states."""
import check_text
import pytest

FORBIDDEN = [
    ("a.md", b"See /wo" b"rk/notes.\n", "a.md:1: a path of one machine"),
    ("a.cpp", b"int x; \n", "a.cpp:1: blanks at the end"),
    ("a.cpp", b"int x;\n\tint y;\n", "a.cpp:2: tab"),
    ("a.py", b"x = 1\r\n", "a.py:1: carriage return"),
    ("a.hpp", b"int x;", "a.hpp:1: no newline"),
    ("a.txt", b"a\n<<<<<" b"<< HEAD\nb\n", "a.txt:2: left over from a merge"),
    ("a.md", b"caf\xe9\n", "a.md: not UTF-8 at byte 3"),
    ("run", b"#!/bin/sh\nif true; then\n", "yntax error"),
]


@pytest.mark.parametrize(("path", "data", "rule"), FORBIDDEN)
def test_goes_red(tmp_path, path, data, rule):
    (tmp_path / path).write_bytes(data)
    assert any(rule in problem for problem in check_text.check(tmp_path, [path]))


@pytest.mark.parametrize(("path", "data"), [
    ("a.cpp", b"int x;\n"), ("empty.py", b""), ("Makefile", b"all:\n\techo\n"),
    ("run", b"#!/bin/sh\necho ok\n"), ("image.png", b"\x89PNG\r\n\x00 \n"),
])
def test_passes_clean_files(tmp_path, path, data):
    (tmp_path / path).write_bytes(data)
    assert check_text.check(tmp_path, [path]) == []


def test_leaves_other_peoples_data_alone(tmp_path):
    (tmp_path / "examples/data").mkdir(parents=True)
    (tmp_path / "examples/data/a.txt").write_bytes(b"1\t2 \r\n")
    assert check_text.check(tmp_path, ["examples/data/a.txt"]) == []


def test_looks_at_the_files_that_git_tracks():
    from conftest import ROOT
    assert "tools/check_text.py" in check_text.tracked(ROOT)
