"""Python blocks of Markdown files: one session for each file, what it prints, what it says.

A block ```python is run; a block ```text that follows is what it prints. 5.46<!-- = s[0] --> in the
text is a number of that session. <!-- python: ... --> is what a reader brings along, and
<!-- not run: why --> above a block leaves it out.
"""
import contextlib
import io
import re

from blocks import first_difference

PARTS = re.compile(
    r"^(?P<skip><!-- not run: .*? -->\n)?```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?"
    r"|<!-- python: (?P<before>.*?) -->"
    r"|(?P<number>[−-]?\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?)(?:\s?%)?<!--\s=\s(?P<expression>.*?) -->",
    re.M | re.S)


def as_shown(value, shown):
    """Returns a number in the form of one that is shown: its digits, commas and minus sign."""
    digits, _, power = shown.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    kind = "e" if power else "f"
    text = format(value, f"{',' if ',' in shown else ''}.{decimals}{kind}")
    text = re.sub(r"e([+-])0*(\d)", lambda m: "e" + m[1].replace("+", "") + m[2], text)
    return text.replace("-", "−") if "−" in shown or "-" not in shown else text


def problems(text, name, session=None):
    """Runs what a document shows; returns a line for everything that comes out otherwise."""
    session = {"__name__": "__main__"} if session is None else session
    found = []
    for part in PARTS.finditer(text):
        place = f"{name}:{text.count(chr(10), 0, part.start()) + 1}"
        if part["number"]:
            value = as_shown(eval(part["expression"].strip(), session), part["number"])  # our own text
            if value != part["number"]:
                found.append(f"{place}: {part['number']} is {value} ({part['expression']})")
            continue
        if part["skip"]:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(part["before"] or part["code"], place, "exec"), session)
        if part["shown"] is not None:
            wrong = first_difference(part["shown"].splitlines(), printed.getvalue().splitlines())
            if wrong is not None:
                found.append(f"{place}: shown: {wrong}\n{printed.getvalue()}")
    return found
