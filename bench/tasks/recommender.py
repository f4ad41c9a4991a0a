"""Learning from ratings: updates per second, time to equal error, lists, EASE."""

import gzip
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from harness import contenders
from harness.task import Measurement

TITLE = "Recommender"
PEERS = Path(__file__).parents[1] / "baselines/recommender_peers.py"


def run(pace, head, log, say, tiny):
    size = (300, 200, 9000) if tiny else (6040, 3706, 1000209)
    say("  rates")
    rates = program(pace, log, "rates", *size)
    parts = [head(TITLE, "Made-up ratings of the size of MovieLens 1M, float factors, in memory. "
                  "Errors are of ratings held out, on the scale 1 to 5, predictions clipped."),
             speed_table(rates), other_table(rates)]
    for name, ratings in data_sets(tiny):
        say(f"  {name}")
        parts.append(race(pace, log, name, ratings, tiny))
    return {"recommender.md": "\n\n".join(parts) + "\n"}


def program(pace, log, *arguments):
    command = [str(contenders.built("recommender_rates")), *map(str, arguments)]
    return ask(command, pace, log, {})


def ask(command, pace, log, more):
    with open(log, "ab") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, check=True,
                              timeout=max(pace.limit, 600),
                              env={**contenders.environment({}, pace.threads), **more})
    return json.loads(done.stdout.splitlines()[-1])


def speed_table(rates):
    rows = ["## Million updates per second", "",
            "| factors | 1 thread | 2 threads | ratio |", "|---|---|---|---|"]
    for rank, found in rates["svd"].items():
        rows.append(f"| {rank} | {found['1']:.1f} | {found['2']:.1f} | {found['2'] / found['1']:.2f} |")
    one, two = rates["svd"]["64"]["1"], rates["svd"]["64"]["2"]
    rows += ["", f"Bar: 60 at 64 factors on one thread: {met(one >= 60)}; 1.7 times that on two: "
             f"{met(two >= 1.7 * one)}."]
    return "\n".join(rows)


def other_table(rates):
    users = rates["top_users_per_second"]
    return "\n".join([
        "## The rest, on two threads", "", "| what | figure | bar |", "|---|---|---|",
        f"| top 10 for all users, 64 factors | {users:,.0f} users/s | ≥ 50,000 {met(users >= 5e4)} |",
        f"| EASE, {rates['items']:,} items | {rates['ease_seconds']:.2f} s | "
        f"≤ 3 s {met(rates['ease_seconds'] <= 3)} |",
        f"| PureSVD, rank 50 | {rates['pure_svd_seconds']:.2f} s | |",
        f"| SVD++ in Surprise's order, exact, 20 epochs, one thread | {rates['svdpp_seconds']:.2f} s "
        "| 493 s / 500 (Surprise publishes 2,466 s for five folds of MovieLens 1M) "
        f"{met(rates['svdpp_seconds'] <= 493 / 500)} |",
        f"| SVD in Surprise's order, 20 epochs, one thread | {rates['surprise_svd_seconds']:.2f} s | |"])


def met(good):
    return "met" if good else "**not met**"


def data_sets(tiny):
    """Yields names and rows (user, item, rating), 0-based."""
    yield "Made up", made_up(*((300, 200, 40) if tiny else (6040, 3706, 166)))
    folder = os.environ.get("ECKART_DATA")
    file = Path(folder or "") / "ratings/ml-100k/u.data.gz"
    if folder and file.exists() and not tiny:
        with gzip.open(file, "rt") as lines:
            rows = np.loadtxt(lines)[:, :3]
        yield "MovieLens 100k", rows - [1, 1, 0]


def made_up(users, items, mean_count):
    random = np.random.default_rng(1)
    P, Q = random.normal(0, 0.45, (users, 10)), random.normal(0, 0.45, (items, 10))
    bu, bi = random.normal(0, 0.4, users), random.normal(0, 0.5, items)
    popularity = (1 + np.arange(items)) ** -0.7
    rows = []
    for u in range(users):
        count = int(min(items / 2, 5 + random.exponential(mean_count)))
        chosen = random.choice(items, count, replace=False, p=popularity / popularity.sum())
        values = 3.6 + bu[u] + bi[chosen] + Q[chosen] @ P[u] + random.normal(0, 0.8, count)
        rows.append(np.stack([np.full(count, u), chosen, np.clip(np.round(values), 1, 5)], axis=1))
    return np.concatenate(rows)


def race(pace, log, name, rows, tiny):
    order = np.random.default_rng(2).permutation(len(rows))
    cut = len(rows) // 5
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/train", f"{folder}/test"]
        for file, part in zip(files, (order[cut:], order[:cut])):
            np.savetxt(file, rows[np.sort(part)], fmt="%d", delimiter="\t")
        ours = program(pace, log, "curve", *files)
        python = Path(os.environ["ECKART_BENCH_VENV"]) / "bin/python"
        peers = {}
        for threads in (1, 2):
            words = ["svdpp"] if threads == 1 and len(rows) < 200000 else []
            peers[threads] = ask([str(python), str(PEERS), *files, str(threads), *words], pace, log, {})
    return race_text(name, len(rows), ours, peers)


def first_below(curve, target):
    """The least time with at most that error."""
    return min((p["seconds"] for p in curve if p["rmse"] <= target), default=None)


def race_text(name, count, ours, peers):
    lines = [f"## Time to equal error: {name}, {count:,} ratings, 80 % to learn from", "",
             "| peer | threads | its error | its seconds | ours to that error | times faster | bar |",
             "|---|---|---|---|---|---|---|"]

    def row(peer, threads, error, seconds, bar):
        mine = first_below(ours[str(threads)], error)
        if mine is None:
            lines.append(f"| {peer} | {threads} | {error:.4f} | {seconds:.3f} | never | | **not met** |")
            return
        lines.append(f"| {peer} | {threads} | {error:.4f} | {seconds:.3f} | {mine:.4f} "
                     f"| {seconds / mine:.1f} | ≥ {bar} {met(seconds >= bar * mine)} |")

    for threads, found in peers.items():
        if found["libmf"]:
            best = min(p["rmse"] for p in found["libmf"])
            row("LIBMF, its best of 32 settings", threads, best, first_below(found["libmf"], best), 3)
            near = best + 0.003
            row("LIBMF, within .003 of it", threads, near, first_below(found["libmf"], near), 3)
        else:
            lines.append(f"| LIBMF | {threads} | missing | | | | |")
    for key, peer in (("surprise_svd", "Surprise SVD"), ("surprise_svdpp", "Surprise SVD++")):
        if key in peers[1]:
            found = peers[1][key]
            if found:
                row(peer, 1, found["rmse"], found["seconds"], 100)
            else:
                lines.append(f"| {peer} | 1 | missing | | | | |")
    best = min(p["rmse"] for p in ours["1"])
    lines += ["", f"Two ranks and two regularizations for LIBMF and for us. Our least error over 20 epochs: {best:.4f} after "
              f"{first_below(ours['1'], best):.3f} s on one thread, "
              f"{first_below(ours['2'], best):.3f} s on two."]
    return "\n".join(lines)


TASK = Measurement(name="recommender", run=run)
