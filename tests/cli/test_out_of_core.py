"""Matrices that stay in their files: the same results, fewer bytes, and runs that go on."""
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import TOOL, run_tool, tool_environment


def decaying(rows, cols, dtype="f4", seed=1):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, cols)) / np.arange(1, cols + 1)).astype(dtype)


def same_bits(a, b):
    return all((a / name).read_bytes() == (b / name).read_bytes()
               for name in ("U.npy", "s.npy", "Vt.npy"))


@pytest.fixture
def big(tmp_path):
    np.save(tmp_path / "big.npy", decaying(3000, 400))
    return tmp_path / "big.npy"


def test_gives_the_values_of_the_matrix_in_memory(eckart, saved, big):
    run = eckart("svd", big, "-k", "12", "--out-of-core", "-o", "out", "--json")
    assert run.code == 0, run.err
    exact = np.linalg.svd(np.load(big).astype("f8"), compute_uv=False)[:12]
    assert np.allclose(saved("out").s, exact, rtol=1e-5)
    assert run.json["certificate"]["met"]
    # A look, the steps, the triplets with their residuals, and three of the probe.
    assert run.json["reads"] == run.json["passes_over_A"] + 1
    assert run.json["reads"] <= 12


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i1", "u1"])
def test_reads_every_type_in_both_orders(eckart, saved, tmp_path, dtype, order):
    A = (10 * decaying(300, 60, "f8")).astype(dtype)
    np.save(tmp_path / "a.npy", np.asarray(A, order=order))
    assert eckart("svd", "a.npy", "-k", "5", "--out-of-core", "-o", "out").code == 0
    exact = np.linalg.svd(A.astype("f8"), compute_uv=False)[:5]
    assert np.allclose(saved("out").s, exact, rtol=1e-5)


def test_reads_raw_files_and_folders_of_blocks(eckart, saved, tmp_path):
    A = decaying(500, 70)
    exact = np.linalg.svd(A.astype("f8"), compute_uv=False)[:5]
    A.tofile(tmp_path / "raw.bin")
    done = eckart("svd", "raw.bin", "--shape", "500x70", "--dtype", "float32", "-k", "5", "-o", "raw")
    assert done.code == 0, done.err
    A.T.tofile(tmp_path / "columns.bin")
    done = eckart("svd", "columns.bin", "--shape", "500x70", "--dtype", "f4", "--fortran", "-k", "5",
                  "-o", "fortran")
    assert done.code == 0, done.err
    (tmp_path / "blocks").mkdir()
    for i, part in enumerate(np.split(A, [100, 101, 350])):
        np.save(tmp_path / "blocks" / f"part{i}.npy", part)
    assert eckart("svd", "blocks", "-k", "5", "-o", "folder").code == 0
    for name in ("raw", "fortran", "folder"):
        assert np.allclose(saved(name).s, exact, rtol=1e-5)


def bfloat16(A):
    """A with the fractions of bfloat16, and its bits."""
    bits = A.astype("f4").view("u4") >> 16
    return (bits << 16).view("f4"), bits.astype("u2")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8", "uint8"])
def test_reads_narrow_types_from_raw_files_and_blocks(eckart, saved, tmp_path, dtype):
    A = np.abs(40 * decaying(300, 40, "f8")) if dtype == "uint8" else 40 * decaying(300, 40, "f8")
    A, stored = bfloat16(A) if dtype == "bfloat16" else (A.clip(-128, 127).astype(dtype),) * 2
    exact = np.linalg.svd(A.astype("f8"), compute_uv=False)[:4]
    sources = {}
    for order, more in (("C", []), ("F", ["--fortran"])):
        stored.T.tofile(tmp_path / order) if order == "F" else stored.tofile(tmp_path / order)
        sources[order] = [order, "--shape", "300x40", "--dtype", dtype, *more]
    if dtype != "bfloat16":  # NumPy's files know no such type
        (tmp_path / "blocks").mkdir()
        for i, part in enumerate(np.split(stored, [70, 200])):
            np.save(tmp_path / "blocks" / f"{i}.npy", part)
        (tmp_path / "a.list").write_text("blocks/0.npy\nblocks/1.npy\nblocks/2.npy\n")
        sources |= {"blocks": ["blocks"], "list": ["a.list"]}
    for name, source in sources.items():
        done = eckart("svd", *source, "-k", "4", "-o", "out-" + name)
        assert done.code == 0, done.err
        assert np.allclose(saved("out-" + name).s, exact, rtol=1e-5)


def test_centres_and_scales_without_writing_the_centred_matrix_or_reading_it_more(eckart, saved,
                                                                                  tmp_path):
    A = decaying(400, 50, "f8") + np.linspace(0, 30, 50)
    np.save(tmp_path / "a.npy", A)
    # At most one pass beyond those of the products: the look, whose sums give means and deviations.
    for arguments, B in (([], A), (["--center"], A - A.mean(0)),
                         (["--center", "--scale"], (A - A.mean(0)) / A.std(0, ddof=1))):
        run = eckart("svd", "a.npy", "-k", "6", *arguments, "--out-of-core", "-o", "out", "--force",
                     "--json")
        assert run.code == 0, run.err
        assert np.allclose(saved("out").s, np.linalg.svd(B, compute_uv=False)[:6], rtol=1e-10)
        assert run.json["reads"] <= run.json["passes_over_A"] + 1


def test_text_is_converted_once_when_told_to_stay_out_of_memory(eckart, saved, tmp_path):
    A = decaying(300, 20, "f8")
    np.savetxt(tmp_path / "a.csv", A, delimiter=",", fmt="%.17g")
    (tmp_path / "a.mtx").write_text("%%MatrixMarket matrix array real general\n300 20\n"
                                    + "".join(f"{x:.17g}\n" for x in A.T.ravel()))
    before = set(tmp_path.iterdir())
    exact = np.linalg.svd(A, compute_uv=False)[:5]
    for name in ("a.csv", "a.mtx"):
        run = eckart("svd", name, "-k", "5", "--out-of-core", "-o", "out", "--force", "--json")
        assert run.code == 0, run.err
        assert np.allclose(saved("out").s, exact, rtol=1e-10)
        assert run.json["reads"] > 5 and run.json["matrix"]["source"] == name
        assert set(tmp_path.iterdir()) == before | {tmp_path / "out"}
    run = eckart("svd", "a.csv", "-k", "5", "--out-of-core", "--checkpoint", "c")
    assert run.code == 2 and "eckart convert" in run.err
    with open(tmp_path / "a.csv", "a") as f:
        f.write("1,2\n")
    run = eckart("svd", "a.csv", "-k", "5", "--out-of-core")
    assert run.code == 3 and "a.csv: line 301" in run.err and "column 2" in run.err
    assert set(tmp_path.iterdir()) == before | {tmp_path / "out"}


def has_open(process, name):
    """Whether a process has a file of that name open now; its files come and go meanwhile."""
    folder = f"/proc/{process}/fd"
    for number in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{number}").endswith("/" + name):
                return True
        except FileNotFoundError:
            pass
    return False


def test_a_file_that_changes_or_shrinks_under_a_run_is_named(tmp_path):
    """Whatever the moment: it ends before the change, or names the file."""
    np.save(tmp_path / "a.npy", decaying(60000, 200))
    command = [TOOL, "svd", "a.npy", "-k", "20", "--out-of-core", "-o", "out"]
    for change in ("touch", "truncate"):
        process = subprocess.Popen(command, cwd=tmp_path, env=tool_environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not has_open(process.pid, "a.npy"):
            assert process.poll() is None
        if change == "touch":
            os.utime(tmp_path / "a.npy")
        else:
            os.truncate(tmp_path / "a.npy", 1 << 20)
        err = process.communicate()[1].decode()
        if process.returncode == 0:  # it had read all
            shutil.rmtree(tmp_path / "out")
            continue
        assert process.returncode == 3 and "a.npy" in err, err
        assert ("changed" if change == "touch" else "bytes") in err
        assert not (tmp_path / "out").exists()


def test_finds_a_rank_by_energy_and_by_tolerance(eckart, big):
    s = np.linalg.svd(np.load(big).astype("f8"), compute_uv=False) ** 2
    share = np.cumsum(s) / s.sum()
    run = eckart("svd", big, "--energy", "0.9", "--out-of-core", "--json")
    assert run.json["rank"] == np.searchsorted(share, 0.9) + 1
    run = eckart("svd", big, "--tolerance", "0.3", "--out-of-core", "--json")
    assert run.json["rank"] == np.searchsorted(share, 1 - 0.09) + 1


def test_gives_the_same_bits_for_any_number_of_threads(eckart, tmp_path, big):
    for threads in ("1", "2", "3"):
        assert eckart("svd", big, "-k", "10", "--out-of-core", "--threads", threads, "-o",
                      "t" + threads).code == 0
    assert same_bits(tmp_path / "t1", tmp_path / "t2") and same_bits(tmp_path / "t1", tmp_path / "t3")


def test_one_pass_reads_once_and_estimates_its_error(eckart, big):
    run = eckart("svd", big, "-k", "10", "--max-passes", "1", "--out-of-core", "--json",
                 "--accuracy", "0.9")
    assert run.code == 0, run.err
    assert run.json["method"] == "single-pass" and run.json["reads"] == 1
    A = np.load(big).astype("f8")
    left_out = run.json["certificate"]["frobenius_error"]
    assert left_out["kind"] == "estimated"
    best = np.sqrt(1 - (np.linalg.svd(A, compute_uv=False)[:10] ** 2).sum() / (A ** 2).sum())
    assert best / 2 <= left_out["value"] <= 3 * best
    few = eckart("svd", big, "-k", "10", "--max-passes", "7", "--out-of-core", "--json",
                 "--accuracy", "1e-6")
    assert few.code == 1 and few.json["passes_over_A"] <= 7 and few.json["iterations"] == 2


def test_the_plan_tells_passes_bytes_and_seconds(eckart, big):
    run = eckart("svd", big, "-k", "10", "--out-of-core", "--plan")
    assert run.code == 0 and "reading" in run.out and "GB/s" in run.out
    run = eckart("svd", big, "-k", "10", "--out-of-core", "--plan", "--json")
    assert run.json["read_bytes"] == pytest.approx(run.json["passes"] * 3000 * 400 * 4)


def peak_bytes(arguments, cwd, enter=None):
    """Runs the tool and returns its exit code and the largest resident set.

    A small process starts it: the parent's memory counts as that of a child until it executes.
    """
    code = ("import resource, subprocess, sys; "
            "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
            "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run([sys.executable, "-S", "-c", code, *map(str, arguments)], cwd=cwd,
                          stdout=subprocess.PIPE, text=True, check=True, preexec_fn=enter)
    exit_code, kibibytes = map(int, done.stdout.split())
    return exit_code, kibibytes * 1024


@contextlib.contextmanager
def control_group(limit):
    """Yields what puts a process into a group that the system keeps within the limit, cached files
    included; None where this machine makes no groups for us. A process that needs more is killed.
    """
    root = Path("/sys/fs/cgroup")
    folder, name, procs = ((root, "memory.max", "cgroup.procs")
                           if (root / "cgroup.controllers").exists()
                           else (root / "memory", "memory.limit_in_bytes", "tasks"))
    folder = folder / f"eckart-test-{os.getpid()}"

    def enter():
        (folder / procs).write_text(str(os.getpid()))

    try:
        folder.mkdir()
    except OSError:
        yield None
        return
    try:
        (folder / name).write_text(str(limit))
        if (folder / "memory.swap.max").exists():
            (folder / "memory.swap.max").write_text("0")
        subprocess.run(["true"], preexec_fn=enter, check=True)
    except (OSError, subprocess.SubprocessError):  # no control of memory, or none for us
        enter = None
    try:
        yield enter
    finally:
        folder.rmdir()


def test_never_takes_more_memory_than_the_cap(tmp_path):
    np.save(tmp_path / "a.npy", decaying(20000, 1500))  # 114 MiB, more than the cap
    cap = 112 << 20
    command = [TOOL, "svd", "a.npy", "-k", 10, "--max-memory", cap, "--out-of-core", "--force", "-o",
               "out"]
    with control_group(cap) as enter:
        for options, expected in [([], 0), (["--max-passes", 1], 1)]:
            code, peak = peak_bytes(command + options, tmp_path, enter)
            assert code == expected and peak <= cap
        if enter:  # the group means it
            greedy = [sys.executable, "-c", f"bytearray({cap}).count(1)"]
            assert peak_bytes(greedy, tmp_path, enter)[0] == -signal.SIGKILL


def test_refuses_a_cap_that_is_too_low(eckart, big):
    run = eckart("svd", big, "-k", "10", "--max-memory", "20M", "--out-of-core")
    assert run.code == 4 and "20.0 MiB" in run.err


@pytest.mark.parametrize("arguments, words", [
    (["raw", "--shape", "3x3"], ["--dtype"]),
    (["raw", "--shape", "3", "--dtype", "f4"], ["--shape", "1000x200"]),
    (["a.npy", "--checkpoint", "c"], ["--checkpoint", "--out-of-core"]),
    (["a.npy", "--fortran"], ["--fortran"]),
    (["a.npy", "--max-passes", "1"], ["--max-passes", "-k"]),
    (["a.npy", "--max-passes", "0"], ["--max-passes", "at least 1"]),
    (["raw", "--shape", "3x3", "--dtype", "f5"], ["f5", "float32"]),
])
def test_says_which_options_go_together(eckart, tmp_path, arguments, words):
    np.save(tmp_path / "a.npy", decaying(30, 5))
    (tmp_path / "raw").write_bytes(bytes(36))
    run = eckart("svd", *arguments)
    assert run.code == 2 and all(word in run.err for word in words), run.err


# Checkpoints.

COMMAND = ["svd", "big.npy", "-k", "12", "--out-of-core", "--checkpoint", "kept", "-o", "out"]


@pytest.fixture
def uninterrupted(tmp_path, big):
    assert run_tool(*COMMAND[:-4], "-o", "whole", cwd=tmp_path).code == 0
    return tmp_path / "whole"


def kill_after(seconds, signal_number, cwd):
    process = subprocess.Popen([TOOL, *COMMAND], cwd=cwd, env=tool_environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(seconds)
    process.send_signal(signal_number)
    _, err = process.communicate()
    return process.returncode, err.decode()


def test_resumes_to_the_same_bits_after_kill_9_at_any_moment(tmp_path, uninterrupted):
    start = time.monotonic()
    assert run_tool(*COMMAND, cwd=tmp_path).code == 0
    whole = time.monotonic() - start
    assert not (tmp_path / "kept").exists()
    rng = np.random.default_rng(7)
    for moment in rng.uniform(0, whole, int(os.environ.get("ECKART_KILLS", 4))):
        subprocess.run(["rm", "-rf", tmp_path / "out"], check=True)
        kill_after(moment, signal.SIGKILL, tmp_path)
        run = run_tool(*COMMAND, "--force", cwd=tmp_path)
        assert run.code == 0, run.err
        assert same_bits(tmp_path / "out", uninterrupted)


def test_an_interrupted_run_leaves_a_certified_result_and_goes_on(tmp_path, uninterrupted):
    code, err = kill_after(0.25, signal.SIGTERM, tmp_path)
    if code == 143 and (tmp_path / "out" / "report.json").exists():
        assert "can go on from kept" in err
    run = run_tool(*COMMAND, "--force", cwd=tmp_path)
    assert run.code == 0, run.err
    assert same_bits(tmp_path / "out", uninterrupted)


def limited(arguments, cwd, file_bytes):
    return subprocess.run(
        [TOOL, *arguments], cwd=cwd, env=tool_environment(), capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes)))


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(tmp_path, uninterrupted):
    # Products take up to 3000 x 24 numbers; the limit lets the smaller files through.
    done = limited(COMMAND, tmp_path, 100_000)
    assert done.returncode == 3 and "kept/" in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()
    run = run_tool(*COMMAND, cwd=tmp_path)
    assert run.code == 0, run.err
    assert same_bits(tmp_path / "out", uninterrupted)


def test_a_checkpoint_of_another_file_is_refused(tmp_path, uninterrupted):
    assert limited(COMMAND, tmp_path, 100_000).returncode == 3
    np.save(tmp_path / "big.npy", decaying(3000, 400, seed=2))
    run = run_tool(*COMMAND, cwd=tmp_path)
    assert run.code == 3 and "another matrix" in run.err
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    run = run_tool(*COMMAND[:-3], "notes", "-o", "out", cwd=tmp_path)
    assert run.code == 3 and "a.txt" in run.err and (tmp_path / "notes" / "a.txt").exists()
