#!/usr/bin/env python3
"""Breaks the numerical code on purpose, one place at a time, and counts how often a test notices.

  campaign/mutants.py [--mutants N] [--seed S] [--folders factor,drivers,...] [--table FILE]
  campaign/mutants.py --again TABLE     once more the survivors of a table, which is written anew

Works in a copy of the committed tree under build/mutants, so that nothing here is touched. A mutant
is killed by a test that fails, crashes or takes ten times as long; one that does not compile does
not count. Survivors are printed with the line that nobody missed: each is a test to write, or a
change that changes nothing. After DeMillo, Lipton, Sayward, Computer 11(4):34-41, 1978.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build/mutants"
JOBS = os.environ.get("JOBS", str(os.cpu_count()))
# What tests a folder of src, nearest first.
PROGRAMS = {
    "kernels": ["kernels", "operators", "factor", "drivers"],
    "blas": ["blas", "factor"],
    "factor": ["factor", "drivers"],
    "operators": ["operators", "drivers"],
    "drivers": ["drivers"],
    "apps": ["apps"],
    "recommend": ["recommend"],
    "models": ["models"],
}
LONG = 1.5  # seconds: a test that takes longer is left out, but where it is the file's own

# What is found, and what may stand there instead. Spaces around binary operators are the house's.
CHANGES = [
    (r" \+ ", [" - "]), (r" - ", [" + "]), (r" \* ", [" / "]), (r" / ", [" * "]),
    (r" \+= ", [" -= ", " = "]), (r" -= ", [" += "]), (r" \*= ", [" /= "]),
    (r" < ", [" <= ", " > "]), (r" <= ", [" < "]), (r" > ", [" >= ", " < "]), (r" >= ", [" > "]),
    (r" == ", [" != "]), (r" != ", [" == "]), (r" && ", [" || "]), (r" \|\| ", [" && "]),
    (r"std::max\(", ["std::min("]), (r"std::min\(", ["std::max("]),
    (r"std::abs\(", ["("]), (r"std::sqrt\(", ["("]), (r"conjugate\(", ["("]),
    (r"Op::adjoint", ["Op::none"]), (r"Op::none", ["Op::adjoint"]),
    (r"(?<![\w.])0(?![\w.x])", ["1"]), (r"(?<![\w.])1(?![\w.x])", ["0", "2"]),
    (r"(?<![\w.])2(?![\w.x])", ["1", "3"]),
    (r"\btrue\b", ["false"]), (r"\bfalse\b", ["true"]),
    (r"\bif \(!", ["if ("]), (r"\bif \((?!constexpr)", ["if (!("]),
]
# Lines without consequences for results: types, messages, memory and time.
QUIET = re.compile(r"^\s*(//|#|template|using|namespace|static_assert|throw|\})|fmt::format|report_?\."
                   r"|reserve\(|push_back\(\"|constexpr index_t .*(chunk|block)|Prefetch|prefetch"
                   r"|_bytes|elements|double basis = |add\(cost|timer|warnings|why|stage\(|[\w:<>]+ \w+\($|^\s*(template|const )?"
                   r"\w+[<>&\w: ]* \w+,$")


def places(path):
    """Returns (line number, start, end, replacements) of all that can be changed in a file."""
    found = []
    for number, line in enumerate(path.read_text().splitlines()):
        if QUIET.search(line):
            continue
        code = line.split("//")[0]
        for pattern, instead in CHANGES:
            for match in re.finditer(pattern, code):
                if code[:match.start()].count('"') % 2 == 1:
                    continue
                found.append((number, match.start(), match.end(), instead))
    return found


def mutate(path, place, replacement):
    """Writes the changed file and returns the changed line."""
    number, start, end, _ = place
    lines = path.read_text().splitlines(keepends=True)
    line = lines[number]
    tail = line[end:]
    if replacement.endswith("(!("):  # the condition gets a parenthesis of its own
        depth = 1
        for at, char in enumerate(tail):
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                tail = tail[:at] + ")" + tail[at:]
                break
        else:
            return None
    lines[number] = line[:start] + replacement + tail
    path.write_text("".join(lines))
    return lines[number].strip()


def run(command, limit=None):
    """Returns the exit status; 124 if it took longer than the limit."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "20000"}
    try:
        return subprocess.run(command, cwd=COPY, env=environment, timeout=limit,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        return 124


def suites(folder, stem):
    """Returns a filter for the tests of src/FOLDER/STEM.cpp, which stand in one file."""
    path = COPY / f"tests/{folder}/{stem}_test.cpp"
    if not path.exists():
        return None
    names = set(re.findall(r"^(?:TYPED_)?TEST(?:_F|_P)?\((\w+)", path.read_text(), re.M))
    return ":".join(f"{name}.*:{name}/*.*:*/{name}.*" for name in sorted(names))


def steps(path, short):
    """Returns the test runs for a file, nearest first: (program, filter). short: filters."""
    folder = path.parent.name
    own = suites(folder, path.stem)
    runs = [(folder, own)] if own else []
    return runs + [(program, short[program]) for program in PROGRAMS[folder]]


def build(targets):
    return ["cmake", "--build", "build/dev", "-j", JOBS, "--target", *targets]


def test(program, filters):
    return [f"build/dev/tests/{program}_tests", "--gtest_fail_fast", "--gtest_brief=1",
            f"--gtest_filter={filters}"]


def quick_tests(program):
    """Returns the seconds of the tests that are not long, and the filter that leaves out the others."""
    times = COPY / f"build/{program}.json"
    if run([*test(program, "-Memory*:*PublishedSpectra*"), f"--gtest_output=json:{times}"]) != 0:
        sys.exit(f"{program}_tests fail before anything is broken")
    tests = [(f"{suite['name']}.{case['name']}", float(case["time"].rstrip("s")))
             for suite in json.loads(times.read_text())["testsuites"] for case in suite["testsuite"]]
    long = [name for name, time in tests if time > LONG]
    print(f"{program}_tests: {len(tests)} tests, {len(long)} left out for their length", flush=True)
    return (sum(time for _, time in tests if time <= LONG),
            ":".join(["-Memory*", "*PublishedSpectra*", *long]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folders", default="factor,drivers,operators,kernels,apps,recommend")
    parser.add_argument("--table", help="write a table in Markdown")
    parser.add_argument("--again", help="a table whose survivors are to be tried again")
    options = parser.parse_args()
    folders = options.folders.split(",")

    COPY.mkdir(parents=True, exist_ok=True)
    archive = subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-m", "-C", COPY], stdin=archive.stdout, check=True)
    programs = sorted({program for folder in folders for program in PROGRAMS[folder]})
    targets = [f"{program}_tests" for program in programs]
    # What is compiled four hundred times is optimised little.
    subprocess.run(["cmake", "--preset", "dev", "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1"], cwd=COPY, check=True,
                   stdout=subprocess.DEVNULL)
    print("building", *targets, flush=True)
    subprocess.run(build(targets), cwd=COPY, check=True, stdout=subprocess.DEVNULL)
    seconds, short = {}, {}
    for program in programs:
        seconds[program], short[program] = quick_tests(program)

    if options.again:
        tally, survivors = again(Path(options.again), seconds, short)
        options.table = options.again
    else:
        tally, survivors = fresh(options, folders, seconds, short)
    write(tally, survivors, options.table)


def fresh(options, folders, seconds, short):
    """Returns the tally and the survivors of as many random mutants as wanted."""
    generator = random.Random(options.seed)
    files = [path for folder in folders for path in sorted((COPY / "src" / folder).glob("*.cpp"))]
    all_places = [(path, place) for path in files for place in places(path)]
    generator.shuffle(all_places)
    tally = {folder: [0, 0] for folder in folders}  # killed, all
    survivors = []
    for path, place in all_places:
        if sum(all_ for _, all_ in tally.values()) == options.mutants:
            break
        original = path.read_text()
        before = original.splitlines()[place[0]].strip()
        after = mutate(path, place, generator.choice(place[3]))
        judge(path, place[0], original, before, after, tally, survivors, seconds, short)
    return tally, survivors


SURVIVOR = re.compile(r"^- `([^`]+):(\d+)`: `(.*)` -> `(.*)`$", re.M)
ROW = re.compile(r"^\| src/(\w+) \| (\d+) \| (\d+) \|", re.M)


def again(table, seconds, short):
    """Returns them after another run of the survivors; what was killed is taken as killed."""
    text = table.read_text()
    tally = {folder: [int(killed), int(killed)] for folder, _, killed in ROW.findall(text)}
    survivors = []
    for where, number, before, after in SURVIVOR.findall(text):
        path = COPY / where
        original = path.read_text()
        lines = original.splitlines(keepends=True)
        same = [at for at, line in enumerate(lines) if line.strip() == before]
        if not same:
            print("gone    ", where, "|", before)
            continue
        at = min(same, key=lambda at: abs(at + 1 - int(number)))
        lines[at] = lines[at].replace(before, after)
        path.write_text("".join(lines))
        judge(path, at, original, before, after, tally, survivors, seconds, short)
    return tally, survivors


def judge(path, at, original, before, after, tally, survivors, seconds, short):
    """Runs the tests of a changed file, notes what became of the mutant, restores the file."""
    try:
        runs = steps(path, short)
        if after is None or run(build([f"{runs[0][0]}_tests"])) != 0:
            return
        killed = any(run(build([f"{program}_tests"])) != 0
                     or run(test(program, filters), 30 + 10 * seconds[program]) != 0
                     for program, filters in runs)
    finally:
        path.write_text(original)
    folder = path.parent.name
    tally[folder][0] += killed
    tally[folder][1] += 1
    where = f"{path.relative_to(COPY)}:{at + 1}"
    print("killed  " if killed else "SURVIVED", where, "|", before, "->", after, flush=True)
    if not killed:
        survivors.append((where, before, after))


def write(tally, survivors, table):
    """Prints the tally, and writes it with the survivors."""
    rows = [f"| src/{folder} | {all_} | {killed} | {killed / all_:.0%} |"
            for folder, (killed, all_) in tally.items() if all_]
    killed, all_ = (sum(column) for column in zip(*tally.values()))
    summary = "\n".join(["| folder | mutants | killed | share |", "|---|---|---|---|", *rows,
                         f"| all | {all_} | {killed} | {killed / all_:.0%} |"])
    print(summary)
    if table:
        lines = ["# What the tests notice", "", f"{all_} random changes to the numerical code; "
                 "`campaign/mutants.py`.", "", summary, "", "## Survivors", ""]
        lines += [f"- `{where}`: `{before}` -> `{after}`" for where, before, after in survivors]
        Path(table).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
