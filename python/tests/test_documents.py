"""The Python of the README and of docs/ runs, prints what is shown, and gives the numbers named."""
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/docs"))
from python_blocks import problems  # noqa: E402

DOCUMENTS = [file for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
             if "```python" in file.read_text("utf-8")]


@pytest.mark.parametrize("document", DOCUMENTS,
                         ids=[str(file.relative_to(ROOT)) for file in DOCUMENTS])
def test_python_of_documents_does_what_is_shown(document, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    wrong = problems(document.read_text("utf-8"), document.name)
    assert not wrong, "\n".join(wrong)


def test_a_wrong_number_and_a_wrong_output_are_found():
    text = ("```python\nx = 1234.5\nprint(x)\n```\n\n```text\n1234.5\n```\n"
            "It is 1,234.5<!-- = x -->, −1<!-- = -1 --> and 1.2e3<!-- = x -->; 50 %<!-- = 50 -->.\n")
    assert problems(text, "page") == []
    assert len(problems(text.replace("1,234.5<", "1,234.6<"), "page")) == 1
    assert len(problems(text.replace("\n1234.5\n", "\n1234.6\n"), "page")) == 1
