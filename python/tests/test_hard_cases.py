"""The hard matrices of the campaign, in Python: right, or an error that says why."""
import importlib.util
from pathlib import Path

import pytest

import eckart

path = Path(__file__).parents[2] / "campaign" / "hard_cases.py"
spec = importlib.util.spec_from_file_location("hard_cases", path)
hard_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hard_cases)
CASES, TRUNCATED = hard_cases.cases(), hard_cases.truncated_cases()


@pytest.mark.parametrize("name", CASES)
def test_a_hard_matrix_is_right_or_refused(name):
    expected = CASES[name].get("expect")
    if not expected:
        assert hard_cases.worker("eckart", name, None) == "right"
        return
    words = {"refusal": "the matrix holds", "overflow": "exceeds the largest"}
    with pytest.raises(eckart.Error, match=words[expected]):
        hard_cases.worker("eckart", name, None)


@pytest.mark.parametrize("name", TRUNCATED)
def test_leading_triplets_of_a_hard_matrix_are_right_or_refused(name):
    if not isinstance(TRUNCATED[name][2], str):
        assert hard_cases.worker("eckart-k", name, None) == "right"
        return
    with pytest.raises(eckart.Error, match="the matrix holds|is not its adjoint"):
        hard_cases.worker("eckart-k", name, None)
