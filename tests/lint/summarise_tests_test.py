"""The one-line summary of `make test` tells failures, skips and their reasons."""
import pytest
import summarise_tests


def case(name, status="run", output="", inner=""):
    return (f'<testcase name="{name}" classname="{name}" status="{status}">{inner}'
            f"<system-out>{output}</system-out></testcase>")


@pytest.fixture
def summarise(tmp_path):
    def run(*cases):
        results = tmp_path / "results.xml"
        results.write_text(f"<testsuite>{''.join(cases)}</testsuite>")
        return summarise_tests.summarise(results)
    return run


def test_counts_what_passed(summarise):
    assert summarise(case("a"), case("b")) == (["All tests passed: 2 run"], True)


def test_counts_the_tests_inside_pytest(summarise):
    output = "....s\nSKIPPED [1] cli/test_a.py:3: zsh is not installed\n4 passed, 1 skipped in 0.37s\n"
    assert summarise(case("cli", output=output)) == (
        ["All tests passed: 4 run, 1 skipped (zsh is not installed)"], True)


def test_tells_the_one_reason_of_all_skips(summarise):
    skip = "[ RUN      ] A.B\nfile.cpp:3: Skipped\nECKART_DATA is not set\n\n[  SKIPPED ] A.B (0 ms)\n"
    assert summarise(case("a"), case("b", "notrun", skip), case("c", "notrun", skip)) == (
        ["All tests passed: 1 run, 2 skipped (ECKART_DATA is not set)"], True)


def test_lists_several_reasons(summarise):
    other = case("c", "notrun", inner='<skipped message="Disabled"/>')
    lines, passed = summarise(case("a"), case("b", "notrun", "SKIPPED: no git\n"), other)
    assert passed
    assert lines == ["Skipped 1: no git", "Skipped 1: Disabled",
                     "All tests passed: 1 run, 2 skipped (reasons above)"]


def test_names_what_failed(summarise):
    lines, passed = summarise(case("a"), case("core/Philox.IsIndexed", "fail"))
    assert not passed
    assert lines == ["FAILED: 1 of 2 tests (core/Philox.IsIndexed)"]


def test_a_crash_of_pytest_is_a_failure(summarise):
    lines, passed = summarise(case("a"), case("cli", "fail", "No module named pytest\n"))
    assert not passed and lines == ["FAILED: 1 of 2 tests (cli)"]


def test_counts_the_failures_inside_pytest(summarise):
    lines, passed = summarise(case("cli", "fail", "2 failed, 5 passed in 1.2s\n"))
    assert not passed and lines == ["FAILED: 2 of 7 tests (cli)"]


def test_nothing_run_is_a_failure(summarise):
    assert summarise() == (["FAILED: no test ran"], False)
