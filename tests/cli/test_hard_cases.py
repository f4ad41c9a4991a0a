"""The hard matrices of the campaign, by the command line: right, or an error that says why."""
import importlib.util
from pathlib import Path

import pytest
from conftest import TOOL

path = Path(__file__).parents[2] / "campaign" / "hard_cases.py"
spec = importlib.util.spec_from_file_location("hard_cases", path)
hard_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hard_cases)
CASES = hard_cases.cases()


@pytest.mark.parametrize("name", CASES)
def test_a_hard_matrix_is_right_or_refused(name):
    expected = CASES[name].get("expect")
    try:
        verdict = hard_cases.worker("cli", name, TOOL)
    except RuntimeError as error:
        words = {"refusal": "holds", "overflow": "exceeds the largest"}
        assert expected and words[expected] in str(error), error
        return
    assert verdict == "right" and not expected
