"""The programs of examples/python, as their readers run them."""
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "python"
EXPECTED = {
    "film_tips": ["15806 users, 9958 films", "like The Dark Knight", "for user 1"],
    "digit_images": ["1797 digits of 64 pixels", "90% of the energy:  9 numbers a digit"],
    "how_right": ["eckart                   residual", "a triplet is missing"],
    "iris_pca": ["2 components hold 92.5%, 5.3%", "accuracy met", "setosa"],
    "speeches_by_meaning": ["65 speeches", "accuracy met", "1961-Kennedy", "2002-GWBush"],
    "small_library_lsa": ["c3    1.00  0 words of the query", "c5    0.91  0 words"],
}


def test_every_program_is_tested():
    assert {file.stem for file in FOLDER.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_runs_and_draws(name, tmp_path):
    arguments = []
    if pytest.importorskip("matplotlib"):
        arguments = ["--picture", str(tmp_path / "picture.png")]
    done = subprocess.run([sys.executable, str(FOLDER / f"{name}.py"), *arguments],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for text in EXPECTED[name]:
        assert text in done.stdout
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_are_optional():
    program = f"import sys; sys.modules['matplotlib'] = None; exec(open({str(FOLDER / 'how_right.py')!r}).read())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and "NOT met" in done.stdout, done.stderr
