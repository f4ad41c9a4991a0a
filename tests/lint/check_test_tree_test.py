"""The test-tree check goes red for a source without a test and a test without a source."""
import check_test_tree
import pytest


@pytest.fixture
def tree(tmp_path):
    for path in ("src/core/philox.cpp", "src/core/parallel.hpp", "include/eckart/matrix.hpp",
                 "tests/core/philox_test.cpp", "tests/core/parallel_test.cpp",
                 "tests/core/matrix_test.cpp", "tests/oracles/svd_check_test.cpp"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def check(tree, tested_elsewhere={}, tests_of_more={}):
    return check_test_tree.check(tree, tested_elsewhere, tests_of_more)


def test_passes_a_mirrored_tree(tree):
    assert check(tree) == []


def test_reports_a_source_without_a_test(tree):
    (tree / "tests/core/philox_test.cpp").unlink()
    assert check(tree) == ["src/core/philox.cpp: has no test; write tests/core/philox_test.cpp"]


def test_reports_a_test_without_a_source(tree):
    (tree / "tests/core/old_name_test.cpp").touch()
    (problem,) = check(tree)
    assert problem.startswith("tests/core/old_name_test.cpp: tests no file of src/core")


def test_accepts_the_listed_exceptions(tree):
    (tree / "src/core/table.cpp").touch()
    (tree / "tests/core/spectra_test.cpp").touch()
    assert check(tree, {"src/core/table.cpp": "tests/core/philox_test.cpp"},
                 {"tests/core/spectra_test.cpp": "all of core"}) == []


def test_reports_an_exception_that_is_no_longer_needed(tree):
    (problem,) = check(tree, {"src/core/gone.cpp": "tests/core/philox_test.cpp"})
    assert problem.startswith("src/core/gone.cpp: is an exception")
