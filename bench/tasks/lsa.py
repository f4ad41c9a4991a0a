"""From raw text to vectors, and back from words to documents."""

import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.machine import best_openblas_kernel
from harness.task import Measurement

TITLE = "Latent semantic analysis: text to vectors"
ROOT = Path(__file__).parents[2]
K, BAR, QUERIES, LEAST_RATE, MOST_OF_PLAN = 200, 4, 2000, 2000, 1.5
PEERS = ("sklearn", "gensim")
NAMES = {"sklearn": "scikit-learn TfidfVectorizer + TruncatedSVD",
         "gensim": "gensim TfidfModel + LsiModel"}


def run(pace, head, log, say, tiny):
    data = os.environ.get("ECKART_DATA")
    if not tiny and not data:
        say("lsa: skipped, ECKART_DATA is not set")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        if tiny:
            path, k, queries = f"{folder}/texts.tsv.gz", 5, 20
            write_texts(path)
        else:
            path, k, queries = f"{data}/text/debian/package_descriptions.tsv.gz", K, QUERIES
        return measure(path, k, queries, folder, pace, head, log, say)


def measure(path, k, queries, folder, pace, head, log, say):
    workers = Path(os.environ.get("ECKART_BENCH_WORKERS", ROOT / "build/bench/bench"))
    tool = os.environ.get("ECKART", str(workers.parent / "bin/eckart"))

    def eckart(*arguments):
        """Returns its JSON, the seconds of the whole process, and the peak of its memory."""
        start = time.perf_counter()
        with tempfile.TemporaryFile() as out, open(log, "a") as errors:
            process = subprocess.Popen([tool, "lsa", *map(str, arguments), "--threads",
                                        str(pace.threads), "--json"], stdout=out, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            assert status == 0, f"eckart lsa {arguments[0]} failed"
            out.seek(0)
            return json.load(out), seconds, usage.ru_maxrss / 1024

    def peer(library):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(pace.threads),
                       "OMP_NUM_THREADS": str(pace.threads)}
        if kernel := best_openblas_kernel():
            environment["OPENBLAS_CORETYPE"] = kernel
        venv = Path(os.environ.get("ECKART_BENCH_VENV", ROOT / "build/bench-venv"))
        python = venv / "bin/python"
        with open(log, "a") as errors:
            done = subprocess.run(
                [python if python.exists() else sys.executable,
                 ROOT / "bench/baselines/lsa_peer.py", library, path, str(k), f"{folder}/svd"],
                stdout=subprocess.PIPE, stderr=errors, env=environment)
        return json.loads(done.stdout) if done.returncode == 0 else None

    model = f"{folder}/model.lsa"
    fit = ("fit", path, "--column", 2, "--id-column", 1, "--no-header", "--tokens", "names",
           "--weighting", "tf-idf", "-k", k, "-o", model, "--force")
    # The answer first, by the matrix that scikit-learn makes of the same text.
    eckart(*fit)
    eckart("export", model, "-o", f"{folder}/svd")
    judged = peer("check")
    accuracy = judged["residual"] if judged else float("nan")
    rounds = [eckart(*fit) for _ in range(min(2, pace.rounds))]
    facts, seconds, memory = min(rounds, key=lambda round: round[1])
    say(f"  eckart: {seconds:.3g} s, residual {accuracy:.2g}")

    rows = ["| | text to vectors, s | of it text, s | ratio | residual | memory MiB |",
            "|---|---|---|---|---|---|"]
    text_seconds = seconds - facts["report"]["seconds"]
    rows.append(f"| Eckart | {seconds:.2f} | {text_seconds:.2f} | 1.00 | {accuracy:.1e} "
                f"| {memory:.0f}.0 |")
    verdicts = []
    for library in PEERS:
        found = peer(library)
        if not found:
            rows.append(f"| {NAMES[library]} | not installed | | | | |")
            continue
        ratio = found["seconds"] / seconds
        say(f"  {library}: {found['seconds']:.3g} s, residual {found['residual']:.2g}")
        rows.append(f"| {NAMES[library]} | {found['seconds']:.2f} | {found['text_seconds']:.2f} "
                    f"| {ratio:.2f} | {found['residual']:.1e} | {found['peak_mib']:.0f}.0 |")
        met = ratio >= BAR and accuracy <= found["residual"]
        verdicts.append(f"Bar “at least {BAR}× {NAMES[library]} at equal or better accuracy”: "
                        f"**{'Met' if met else 'Not met'}**, {ratio:.1f}×.")

    write_queries(path, f"{folder}/queries.txt", queries)
    ask = [eckart("query", model, "--file", f"{folder}/queries.txt", "-n", 10) for _ in range(3)]
    rate = queries / min(answer["seconds"] for answer, _, _ in ask)
    words = Path(f"{folder}/queries.txt").read_text().splitlines()[0]
    one = min(eckart("query", model, words)[1] for _ in range(3))
    planned = facts["planned_bytes"] / 2**20
    rows += ["", "| | |", "|---|---|", f"| queries in a file, per second | {rate:.1f} |",
             f"| one query, whole process, milliseconds | {1e3 * one:.1f} |",
             f"| memory that the plan announced, MiB | {planned:.1f} |",
             f"| memory of the process at its peak, MiB | {memory:.1f} |"]
    verdicts.append(f"Bar “{LEAST_RATE} queries per second”: "
                    f"**{'Met' if rate >= LEAST_RATE else 'Not met'}**, {rate:.0f}.")
    verdicts.append(f"Bar “memory within {MOST_OF_PLAN} of the plan”: "
                    f"**{'Met' if memory <= MOST_OF_PLAN * planned else 'Not met'}**, "
                    f"{memory / planned:.2f}.")
    text = head(TITLE, f"{facts['documents']} texts, {facts['terms']} terms in two or more of them, "
                f"{facts['stored_entries']} counts, tf-idf as scikit-learn has it, k = {k}. Seconds "
                "from the file on disk: Eckart's are those of the whole process, the model written "
                "and synced; the others' exclude imports and end with vectors in memory. Residual: "
                "max of |Av − σu|, |Aᵀu − σv| over σ₁, of each library's own weighted matrix; "
                "Eckart's by the matrix that scikit-learn makes. Everybody has the same tokens.")
    return {"lsa.md": "\n\n".join([text, "\n".join(rows), *verdicts]) + "\n"}


def write_texts(path):
    """Texts for the self test."""
    choose = random.Random(1)
    words = [f"w{i}" for i in range(300)]
    with gzip.open(path, "wt") as file:
        for i in range(200):
            text = " ".join(choose.choice(words[: 20 + i]) for _ in range(30))
            file.write(f"{i}\t{text}\n")


def write_queries(path, target, count):
    """Eight words from the beginning of every so many texts."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.split("\t", 1)[1].split()[:8] for line in file]
    step = max(1, len(lines) // count)
    with open(target, "w", encoding="utf-8") as file:
        for words in (lines[::step] * count)[:count]:
            file.write(" ".join(words) + "\n")


TASK = Measurement(name="lsa", run=run)
