"""What the README shows is what the tests compile and run."""
import re

from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_cpp_example_is_the_compiled_file():
    (shown,) = re.findall(r"```cpp\n(.*?)```", README, re.S)
    assert shown == (ROOT / "examples/first_svd.cpp").read_text("utf-8")


def test_every_file_that_it_names_exists():
    names = re.findall(r"(?:examples|docs|include|tools|tests)/[\w./-]*\w", README)
    missing = [name for name in names if not (ROOT / name).exists()]
    assert names and missing == []


def test_every_figure_of_speed_is_in_the_result_that_it_names():
    rows = re.findall(r"^\| .* \| (.*) \| ([\d.]+) \| \[`bench/run.sh \w+`\]\((.*)\) \|$", README,
                      re.M)
    assert len(rows) >= 5
    for other, times, file in rows:
        result = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^\| {re.escape(other)} \| .*\| {re.escape(times)}[ |]", result, re.M), other


def test_the_changes_begin_with_the_version_that_is_built():
    version = re.search(r"project\(eckart VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## (\S+)", changes, re.M)[1] == version
