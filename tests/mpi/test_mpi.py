"""The command line under mpirun: 1 to 4 ranks on this machine, against one process."""
import json
import os
import signal
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


@pytest.mark.parametrize("ranks, shape, kind", [(3, (40, 75), "c8"), (4, (67, 67), "f8")])
def test_scalapack_finds_all_triplets(tmp_path, ranks, shape, kind):
    rng = np.random.default_rng(6)
    table = rng.standard_normal(shape)
    if kind[0] == "c":
        table = table + 1j * rng.standard_normal(shape)
    np.save(tmp_path / "table.npy", table.astype(kind))
    svd = ["svd", tmp_path / "table.npy", "--method", "scalapack", "--json"]
    plan = run(ranks, *svd, "--plan")
    if "this build has none" in plan.stderr:
        pytest.skip("a build without ScaLAPACK")
    plan = json.loads(plan.stdout)
    assert plan["method"] == "scalapack" and plan["flops"] > 0 and plan["peak_bytes"] > 0
    assert "one stage and QR iteration" in plan["why"]
    for out in ["over", "again"]:
        over = run(ranks, *svd, "-o", tmp_path / out)
        assert over.returncode == 0, over.stderr
    assert json.loads(over.stdout)["certificate"]["met"]
    assert run(0, *svd[:2], "--thin", "-o", tmp_path / "alone").returncode == 0
    for name in ["U.npy", "s.npy", "Vt.npy"]:
        same(np.load(tmp_path / "over" / name), np.load(tmp_path / "alone" / name),
             1e-3 if kind in ("f4", "c8") else 1e-9)
        assert (tmp_path / "over" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def messages(done):
    return [line for line in done.stderr.splitlines() if line.startswith("eckart: ")]


@pytest.mark.parametrize("arguments, code, words", [
    (["svd", "missing.npy", "-k", "3"], 3, "missing.npy"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--smallest"], 2, "one process"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--out-of-core"], 2, "--out-of-core"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--method", "scalapack"], 2, "scalapack"),
    (["pca", "{folder}/tall.npy", "--suggest"], 2, "one process"),
    (["solve", "{folder}/tall.npy", "{folder}/few.npy"], 3, "few.npy"),
    (["lsa", "fit", "{folder}/none.txt", "-k", "2", "-o", "{folder}/m.lsa"], 3, "none.txt"),
    (["info", "{folder}/tall.npy"], 2, "info"),
    (["svd", "{folder}/tall.npy", "-k", "3", "--max-memory", "300K"], 4, "300.0 KiB"),
    (["svd", "{folder}/tall.npy", "-k", "nine"], 2, "nine")])
def test_one_message_for_a_failure_of_all(folder, arguments, code, words):
    done = run(3, *[argument.format(folder=folder) for argument in arguments])
    assert done.returncode == code
    assert len(messages(done)) == 1 and words in messages(done)[0], done.stderr


def script(path, text):
    path.write_text(f'#!/bin/sh\n{text}\nexec "{ECKART}" "$@"\n')
    path.chmod(0o755)
    return path


def run_script(ranks, path, *arguments):
    return subprocess.run([*MPIRUN, "-n", str(ranks), path, *map(str, arguments)],
                          env=dict(os.environ, OMP_NUM_THREADS="1"), timeout=300,
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["part-1.npy", "blocks"])
def test_one_message_for_a_file_that_one_rank_lacks(folder, tmp_path, name):
    """Rank 1 looks into another folder than the others, as on a machine that lacks the file."""
    (tmp_path / "blocks").mkdir()
    (tmp_path / "elsewhere").mkdir()
    for b in range(3):
        np.save(tmp_path / "blocks" / f"part-{b}.npy", decaying(20, 10, b))
    np.save(tmp_path / "part-1.npy", decaying(20, 10))
    lost = script(tmp_path / "lost.sh", f"cd {tmp_path}\n"
                  '[ "$OMPI_COMM_WORLD_RANK" = 1 ] && cd elsewhere')
    done = run_script(3, lost, "svd", name, "-k", 2, "-o", tmp_path / "out")
    assert done.returncode == 3
    assert len(messages(done)) == 1, done.stderr
    assert "rank 1" in messages(done)[0] and name in messages(done)[0]
    assert not (tmp_path / "out").exists()


def test_one_message_for_a_block_that_is_damaged(folder, tmp_path):
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


def test_a_rank_that_dies_ends_the_job_which_goes_on_over_another_number_of_ranks(tmp_path):
    """Rank 1 is killed when it writes its part of the iteration for the second time."""
    table = np.random.default_rng(0).standard_normal((600, 400))
    np.save(tmp_path / "table.npy", table)
    (tmp_path / "dies.c").write_text("""
        #include <signal.h>
        int fsync(int file) { static int calls; if (++calls == 2) raise(SIGKILL); return 0; }""")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "dies.so", tmp_path / "dies.c"],
                   check=True)
    dies = script(tmp_path / "dies.sh", '[ "$OMPI_COMM_WORLD_RANK" = 1 ] && '
                                        f'export LD_PRELOAD="{tmp_path}/dies.so"')
    kept = tmp_path / "kept"
    svd = ["svd", tmp_path / "table.npy", "-k", 6, "--method", "lanczos", "-o", tmp_path / "out"]
    checkpoint = ["--checkpoint", kept]
    done = run_script(3, dies, *svd, *checkpoint)
    assert done.returncode == 128 + signal.SIGKILL
    assert "rank 1" in done.stderr and "signal 9" in done.stderr
    assert messages(done) == []  # mpirun has said it
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in kept.iterdir()) == [
        "basis.npy", "recurrence.npy", "report.json", "s.npy"]

    other = np.random.default_rng(1).standard_normal((600, 400))
    np.save(tmp_path / "other.npy", other)
    refused = run(2, "svd", tmp_path / "other.npy", "-k", 6, "--method", "lanczos", *checkpoint)
    assert refused.returncode != 0 and "not one of this matrix" in messages(refused)[0]
    one = run(2, *svd, *checkpoint, "--json")
    assert one.returncode == 0, one.stderr
    report = json.loads(one.stdout)
    assert "it went on from" in report["why"] and report["certificate"]["met"]
    sigma = np.linalg.svd(table, compute_uv=False)[:6]
    assert np.allclose(report["sigma"], sigma, atol=1e-9 * sigma[0])
    assert not kept.exists()  # the result is safe elsewhere


def same(over, alone, tolerance=1e-8):
    assert over.shape == alone.shape
    assert np.abs(over - alone).max() <= tolerance * max(1, np.abs(alone).max())


@pytest.mark.parametrize("ranks, options", [
    (3, ["--energy", "90%", "--scale"]), (4, ["-k", 2, "--weights", "weights.npy", "--whiten"])])
def test_principal_components_are_those_of_one_process(folder, tmp_path, ranks, options):
    np.save(tmp_path / "weights.npy", np.arange(301) % 4)
    options = [tmp_path / o if o == "weights.npy" else o for o in options]
    alone = run(0, "pca", folder / "tall.npy", *options, "--json", "-o", tmp_path / "alone")
    for out in ["over", "again"]:
        over = run(ranks, "pca", folder / "tall.npy", *options, "--json", "-o", tmp_path / out)
        assert over.returncode == alone.returncode == 0, over.stderr
    one, other = json.loads(over.stdout)["pca"], json.loads(alone.stdout)["pca"]
    for name in ["explained_variance", "total_variance", "noise_variance", "observations"]:
        same(np.asarray(one[name]), np.asarray(other[name]))
    same(np.asarray(one["maximum_likelihood"]["log_likelihood"]),
         np.asarray(other["maximum_likelihood"]["log_likelihood"]))
    names = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert sorted(path.name for path in (tmp_path / "over").iterdir()) == names
    for name in names:
        if not name.endswith(".npy"):
            continue
        same(np.load(tmp_path / "over" / name), np.load(tmp_path / "alone" / name))
        assert (tmp_path / "over" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("ranks, options", [
    (2, []), (3, ["--weights", "weights.npy", "--intercept"]), (4, ["--ridge", "gcv"])])
def test_least_squares_are_those_of_one_process(folder, tmp_path, ranks, options):
    np.save(tmp_path / "weights.npy", np.arange(301) % 4)
    np.save(tmp_path / "right.npy", np.random.default_rng(3).standard_normal((301, 2)))
    np.save(tmp_path / "left.npy", np.random.default_rng(4).standard_normal((301, 9)))
    options = [tmp_path / o if o == "weights.npy" else o for o in options]
    done = {}
    for name, count in [("alone", 0), ("over", ranks), ("again", ranks)]:
        done[name] = run(count, "solve", tmp_path / "left.npy", tmp_path / "right.npy", *options,
                         "--json", "-o", tmp_path / f"{name}.npy",
                         "--residuals", tmp_path / f"{name}-r.npy")
        assert done[name].returncode == 0, done[name].stderr
    one, other = json.loads(done["over"].stdout), json.loads(done["alone"].stdout)
    assert one["ranks"]["size"] == ranks and one["refined"] == other["refined"]
    assert one["rank"] == other["rank"]
    same(np.asarray(one["sigma"]), np.asarray(other["sigma"]), 1e-13)
    # The least score of all ridges is found as well as a minimum can be.
    close = 1e-6 if "gcv" in options else 1e-13
    same(np.asarray(one["degrees_of_freedom"]), np.asarray(other["degrees_of_freedom"]), close)
    for end in ["", "-r"]:
        same(np.load(tmp_path / f"over{end}.npy"), np.load(tmp_path / f"alone{end}.npy"), close)
        assert ((tmp_path / f"over{end}.npy").read_bytes() ==
                (tmp_path / f"again{end}.npy").read_bytes())


def test_meaning_is_found_as_in_one_process(tmp_path):
    words = [f"w{i}" for i in range(60)]
    rng = np.random.default_rng(5)
    text = "\n".join(" ".join(words[(13 * d + int(j)) % 60] for j in rng.integers(0, 20, 12))
                     for d in range(90))
    (tmp_path / "docs.txt").write_text(text)
    fit = ["lsa", "fit", tmp_path / "docs.txt", "--format", "lines", "-k", 6, "--accuracy", "1e-9"]
    answers = {}
    for name, count in [("alone", 0), ("over", 3), ("again", 3)]:
        done = run(count, *fit, "-o", tmp_path / f"{name}.lsa", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["report"]["certificate"]["met"]
        query = run(0, "lsa", "query", tmp_path / f"{name}.lsa", "w3 w17 w40", "--json")
        assert query.returncode == 0, query.stderr
        answers[name] = json.loads(query.stdout)["queries"]
    assert answers["over"] == answers["again"]

    def hits(found):
        if isinstance(found, dict):
            return [x for key in sorted(found) for x in hits(found[key])]
        return [x for part in found for x in hits(part)] if isinstance(found, list) else [found]

    for one, other in zip(hits(answers["over"]), hits(answers["alone"]), strict=True):
        if isinstance(other, float):
            assert abs(one - other) <= 1e-5
