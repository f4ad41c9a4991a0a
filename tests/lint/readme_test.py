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
