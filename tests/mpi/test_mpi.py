"""The command line under mpirun: 1 to 4 ranks on this machine, against one process."""
import json
import os
import subprocess

import numpy as np
import pytest
import scipy.sparse

ECKART = os.environ["ECKART"]
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]


def run(ranks, *arguments, threads="1"):
    """Returns the finished run of eckart with the arguments, alone where ranks is 0."""
    start = MPIRUN + ["-n", str(ranks)] if ranks else []
    env = dict(os.environ, OMPI_MCA_rmaps_base_oversubscribe="1", OMP_NUM_THREADS=threads)
    return subprocess.run([*start, ECKART, *map(str, arguments)], env=env, timeout=300,
                          capture_output=True, text=True, check=False)


def decaying(rows, cols, seed=0):
    rng = np.random.default_rng(seed)
    k = min(rows, cols)
    left = np.linalg.qr(rng.standard_normal((rows, k)))[0]
    right = np.linalg.qr(rng.standard_normal((cols, k)))[0]
    return (left * 0.8 ** np.arange(k)) @ right.T


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("mpi")
    np.save(path / "tall.npy", decaying(301, 80))
    np.save(path / "wide.npy", decaying(60, 210))
    np.save(path / "few.npy", decaying(3, 40))
    sparse = scipy.sparse.random(500, 120, 0.05, "csr", random_state=1)
    scipy.sparse.save_npz(path / "sparse.npz", sparse)
    (path / "blocks").mkdir()
    for b, block in enumerate(np.array_split(decaying(301, 80), 5)):
        np.save(path / "blocks" / f"part-{b}.npy", block)
    return path


@pytest.mark.parametrize("name, ranks", [
    ("tall.npy", 1), ("tall.npy", 2), ("tall.npy", 3), ("tall.npy", 4), ("sparse.npz", 2),
    ("sparse.npz", 3), ("wide.npy", 3), ("few.npy", 4), ("blocks", 3)])
def test_the_same_triplets_as_one_process(folder, tmp_path, name, ranks):
    alone = run(0, "svd", folder / ("tall.npy" if name == "blocks" else name), "-k", 3,
                "-o", tmp_path / "alone")
    assert alone.returncode == 0, alone.stderr
    done = run(ranks, "svd", folder / name, "-k", 3, "-o", tmp_path / "over", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["certificate"]["met"]
    if ranks > 1:
        assert report["ranks"]["size"] == ranks and report["ranks"]["bytes"] > 0
    for file in ["U", "s", "Vt"]:
        mine = np.load(tmp_path / "over" / f"{file}.npy")
        other = np.load(tmp_path / "alone" / f"{file}.npy")
        assert mine.shape == other.shape
        assert np.abs(mine - other).max() <= 1e-8


def test_the_same_bits_in_repeated_runs_and_for_any_number_of_threads(folder, tmp_path):
    for out, threads in [("a", "1"), ("b", "1"), ("c", "2")]:
        done = run(3, "svd", folder / "sparse.npz", "-k", 5, "-o", tmp_path / out,
                   "--threads", threads, threads=threads)
        assert done.returncode == 0, done.stderr
    for file in ["U.npy", "s.npy", "Vt.npy"]:
        first = (tmp_path / "a" / file).read_bytes()
        assert first == (tmp_path / "b" / file).read_bytes()
        assert first == (tmp_path / "c" / file).read_bytes()


@pytest.mark.parametrize("options", [["--center", "--scale"], ["--energy", "99%"],
                                     ["--tolerance", "0.2"], ["--values-only", "-k", 4],
                                     ["--method", "randomized", "-k", 4], ["--thin"],
                                     ["--method", "gram", "-k", 2]])
def test_options_mean_what_they_mean_in_one_process(folder, tmp_path, options):
    alone = run(0, "svd", folder / "tall.npy", *options, "--json", "-o", tmp_path / "alone")
    over = run(3, "svd", folder / "tall.npy", *options, "--json", "-o", tmp_path / "over")
    assert over.returncode == alone.returncode == 0, over.stderr
    mine, other = json.loads(over.stdout), json.loads(alone.stdout)
    assert len(mine["sigma"]) == len(other["sigma"])
    assert np.allclose(mine["sigma"], other["sigma"], atol=1e-8)
    names = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert sorted(path.name for path in (tmp_path / "over").iterdir()) == names
    if "mean.npy" in names:
        assert np.allclose(np.load(tmp_path / "over" / "mean.npy"),
                           np.load(tmp_path / "alone" / "mean.npy"))


def test_the_plan_is_of_one_rank(folder):
    alone = json.loads(run(0, "svd", folder / "tall.npy", "-k", 3, "--plan", "--json").stdout)
    done = run(4, "svd", folder / "tall.npy", "-k", 3, "--plan", "--json")
    plan = json.loads(done.stdout)
    assert plan["matrix"]["rows"] == 301
    assert plan["peak_bytes"] != alone["peak_bytes"]
    assert "on each of 4 ranks" in run(4, "svd", folder / "tall.npy", "-k", 3, "--plan").stdout


def messages(done):
    return [line for line in done.stderr.splitlines() if line.startswith("eckart: ")]


@pytest.mark.parametrize("arguments, code, words", [
    (["svd", "missing.npy", "-k", "3"], 3, "missing.npy"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--smallest"], 2, "one process"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--out-of-core"], 2, "--out-of-core"),
    (["info", "{folder}/tall.npy"], 2, "info"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--max-memory", "300K"], 4, "300.0 KiB"),
    (["svd", "{folder}/tall.npy", "-k", "nine"], 2, "nine")])
def test_one_message_for_a_failure_of_all(folder, arguments, code, words):
    done = run(3, *[argument.format(folder=folder) for argument in arguments])
    assert done.returncode == code
    assert len(messages(done)) == 1 and words in messages(done)[0], done.stderr


def test_one_message_for_a_file_that_one_rank_lacks(folder, tmp_path):
    blocks = tmp_path / "blocks"
    blocks.mkdir()
    for b in range(3):
        np.save(blocks / f"part-{b}.npy", decaying(20, 10, b))
    (blocks / "part-1.npy").write_bytes(b"")
    done = run(3, "svd", blocks, "-k", 2, "-o", tmp_path / "out")
    assert done.returncode == 3
    assert len(messages(done)) == 1, done.stderr
    assert "rank 1" in messages(done)[0] and "part-1.npy" in messages(done)[0]
    assert not (tmp_path / "out").exists()


def test_a_nan_is_named_by_its_place_in_the_whole(folder, tmp_path):
    table = decaying(50, 10)
    table[44, 7] = np.nan
    np.save(tmp_path / "bad.npy", table)
    done = run(2, "svd", tmp_path / "bad.npy", "-k", 2)
    assert done.returncode == 3
    assert "row 45" in messages(done)[0] and "column 8" in messages(done)[0]


def test_a_rank_that_dies_ends_the_job(folder, tmp_path):
    np.save(tmp_path / "large.npy", np.random.default_rng(0).standard_normal((3000, 2000)))
    script = tmp_path / "dies.sh"
    script.write_text('#!/bin/sh\nif [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then (sleep 1; kill -9 $$) & fi\n'
                      f'exec "{ECKART}" "$@"\n')
    script.chmod(0o755)
    done = subprocess.run([*MPIRUN, "-n", "2", script, "svd", tmp_path / "large.npy", "-k", "100",
                           "--accuracy", "1e-14", "-o", tmp_path / "out"],
                          timeout=300, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert not (tmp_path / "out").exists()
