"""docs/architecture.md names every folder of code, and no other."""
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/architecture.md").read_text("utf-8").split("## Layers")[1].split("\n\n")[1]


def test_every_folder_has_its_row():
    named = set(re.findall(r"`([\w/]+)/`", " ".join(row.split("|")[1] for row in TABLE.splitlines())))
    here = {f"src/{folder.name}" for folder in (ROOT / "src").iterdir() if folder.is_dir()}
    here |= {"cli", "python", "lapack", "web", "tests", "bench", "fuzz", "campaign", "examples", "docs"}
    assert here - named == set()
    assert {name for name in named if not (ROOT / name).is_dir()} == set()
