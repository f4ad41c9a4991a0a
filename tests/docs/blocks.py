"""Console blocks of Markdown files: what they run, and what they say that it prints."""
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md",
             *(file for folder in ("guides", "theory", "exercises")
               for file in sorted((ROOT / "docs" / folder).glob("*.md")))]


def unfinished(command):
    """Tells whether a shell would ask for more."""
    try:
        shlex.split(command)
    except ValueError:  # a quotation is open
        return True
    return command.endswith("\\")


def console_steps(text):
    """Returns (line number, [(command, output)...], whether it is long) of every console block.

    A block that takes long has the comment <!-- long --> above it.
    """
    blocks = []
    for match in re.finditer(r"^```console\n(.*?)^```", text, re.M | re.S):
        steps = []
        for line in match[1].splitlines():
            continued = steps and not steps[-1][1] and unfinished(steps[-1][0])
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif continued:
                steps[-1] = (steps[-1][0] + "\n" + line, [])
            else:
                steps[-1][1].append(line)
        before = text[:match.start()]
        blocks.append((before.count("\n") + 1, steps, before.endswith("<!-- long -->\n")))
    return blocks


# What another run or machine may print otherwise: times, rates, threads, rounding errors.
VARIES = [(re.compile(r"\b[\d.]+ (?:s|ms|µs|min|GB/s|GFLOP/s)(?=$|[\s,;)])"), "TIME"),
          (re.compile(r"\b\d+ threads?\b"), "THREADS"),
          (re.compile(r"\b\d(?:\.\d+)?e-1[3-9]\b"), "EPS"),
          (re.compile(r"[\d.]+ [KM]iB of working memory"), "MEMORY"),
          (re.compile(r"[ \t]+"), " ")]


def normal(line):
    for pattern, word in VARIES:
        line = pattern.sub(word, line)
    return line.strip()


def first_difference(shown, printed):
    """Returns the first line shown that is not printed in its place, or None.

    A line "..." stands for any number of lines; "…" or "..." at the end of one for its rest.
    """
    shown = [normal(line) for line in shown]
    printed = [normal(line) for line in printed]
    while printed and not printed[-1]:
        printed.pop()
    while shown and not shown[-1]:
        shown.pop()
    at, free = 0, False
    for line in shown:
        if line in ("...", "…"):
            free = True
            continue
        places = range(at, len(printed)) if free else range(at, min(at + 1, len(printed)))
        place = next((p for p in places if same(line, printed[p])), None)
        if place is None:
            return line
        at, free = place + 1, False
    return None if free or at == len(printed) or not shown else f"(the end), not: {printed[at]}"


def same(line, printed):
    for dots in ("…", "..."):
        if line.endswith(dots):
            return printed.startswith(line[:-len(dots)].rstrip())
    return line == printed


def commands_named(text):
    """Returns (line number, words) of every eckart command in the text, inline or in a block."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        pieces = re.findall(r"`([^`]+)`", line)
        if line.startswith(("    ", "$ ")):
            pieces = [line.strip().removeprefix("$ ")]
        for piece in pieces:
            match = re.match(r"(?:\./|\.\./\.\./)?eckart( .*)", piece)
            if match:
                found.append((number, match[1]))
    return found
