"""The site: the README, the guides, the theory, the reference. Built by `make docs`."""
import os
import re
import subprocess
import tempfile
from pathlib import Path

# Pages are read from a copy, whose pictures are new; links are those of the repository.
ROOT = Path(os.environ["ECKART_ROOT"])
DOCS = ROOT / "docs"
TOOL = os.environ["ECKART"]

project = "Eckart"
author = "The Eckart authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
exclude_patterns = ["requirements.txt"]
html_theme = "furo"
html_title = "Eckart"
html_show_copyright = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
toc_object_entries = False


def with_links(text, folder):
    """Returns text in which links lead to pages of the site; other files of the repository are named."""
    def link(match):
        label, target = match[1], match[2]
        if target.startswith(("http", "#", "mailto")):
            return match[0]
        path, _, anchor = target.partition("#")
        file = Path(os.path.normpath(folder / path))
        if not file.exists():
            raise FileNotFoundError(f"a link of {folder} leads to {target}, which is not there")
        if file.is_file() and DOCS in file.parents:
            return f"[{label}]({os.path.relpath(file, DOCS)}{'#' + anchor if anchor else ''})" \
                if folder == ROOT else match[0]
        name = f"`{file.relative_to(ROOT)}`"
        return name if label.strip("`") == name.strip("`") else f"{label} ({name})"

    # Code between fences has no links.
    parts = re.split(r"(^```.*?^```)", text, flags=re.M | re.S)
    parts[::2] = [re.sub(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)", link, part) for part in parts[::2]]
    return "".join(parts)


def commands():
    """Returns the help of every command as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([TOOL, "man", "-o", folder], check=True, capture_output=True)
        pages = sorted(file.name.split(".")[0] for file in Path(folder).rglob("*.1*"))
    for page in pages:
        words = page.split("-")
        # A name may have a hyphen of its own: take the reading that the tool knows.
        for reading in (words[1:], ["-".join(words[1:])], words[1:2] + ["-".join(words[2:])]):
            done = subprocess.run([TOOL, *reading, "--help-all"], capture_output=True, text=True)
            if done.returncode == 0:
                yield f"\n## {' '.join(['eckart', *reading])}\n\n```text\n{done.stdout}```\n"
                break
        else:
            raise RuntimeError(f"{page} has no help")


def read(app, name, source):
    if name == "index":
        readme = (ROOT / "README.md").read_text("utf-8").replace("](docs/guides/images.jpg)",
                                                                 "](guides/images.jpg)")
        source[0] = with_links(readme, ROOT) + "\n" + source[0]
        return
    source[0] = with_links(source[0], (DOCS / name).parent)
    if name == "reference/cli":
        source[0] += "".join(commands())


def as_rst(app, what, name, thing, options, lines):
    """Turns a docstring into reStructuredText: `name: text` is an item; nothing else is markup."""
    text, example, item = [], False, False
    for line in lines:
        example = line.startswith(">>>") or (example and bool(line.strip()))
        if example:
            text.append(line)
            continue
        plain = re.sub(r"(``.*?``)|([\\*|_`])", lambda m: m[1] or "\\" + m[2], line)
        begins = re.match(r"([A-Za-z_][\w]*(?:, \w+)*): ", line)
        if begins:
            if not item and text and text[-1]:
                text.append("")
            names, _, rest = plain.partition(": ")
            text.append(f"* **{names}**: {rest}")
            item = True
        elif not line.strip():
            text.append("")
            item = False
        else:
            text.append(("  " if item else "") + plain.strip())
    lines[:] = text


def setup(app):
    app.connect("source-read", read)
    app.connect("autodoc-process-docstring", as_rst)
