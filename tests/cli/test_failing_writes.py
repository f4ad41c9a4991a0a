"""The k-th write fails, for every k: the old output is whole, and the message says why."""
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import run_tool

MOST = 400
# These write as svd does, so that every third write will do, and every one if asked for.
ALIKE = set() if os.environ.get("ECKART_LONG_TESTS") else {"update", "pca", "lsa", "recommend"}


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "failing_writes.so"
    source = Path(__file__).with_name("failing_writes.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def contents(path):
    """What is at a path: bytes, or those of all files below; nothing of runs' times."""
    if path.suffix == ".lsa":  # holds times
        return run_tool("lsa", "topics", path).out
    if path.is_file():
        return path.read_bytes()
    return {str(p.relative_to(path)): p.read_bytes()
            for p in sorted(path.rglob("*")) if p.is_file() and p.name != "report.json"}


def write_inputs(folder):
    rng = np.random.default_rng(1)
    A = rng.standard_normal((30, 6))
    np.save(folder / "a.npy", A)
    np.save(folder / "b.npy", rng.standard_normal((30, 6)))
    np.savetxt(folder / "t.csv", A, delimiter=",")
    np.savetxt(folder / "u.csv", A[::-1], delimiter=",")
    (folder / "text").write_text("a cat sat\na cat ran\na dog ran\na dog sat\n" * 3)
    (folder / "more").write_text("the sun set\nthe sun rose\nthe moon rose\n" * 3)
    for name, shift in (("r.csv", 0), ("s.csv", 1)):
        (folder / name).write_text("user,item,rating\n" + "".join(
            f"{u},{i},{(u * i + shift) % 5 + 1}\n" for u in range(6) for i in range(5)))


# (arguments of the run that makes the old output, those of the run that fails, output)
CASES = {
    "svd": (["svd", "a.npy", "-k", 3], ["svd", "b.npy", "-k", 3], "out"),
    "update": (["svd", "a.npy", "-k", 3], ["update", "model", "--rows", "b.npy"], "out"),
    "pca": (["pca", "t.csv", "-k", 2], ["pca", "u.csv", "-k", 2], "out"),
    "lowrank": (["lowrank", "a.npy", "-k", 2], ["lowrank", "b.npy", "-k", 2], "out.npy"),
    "lsa": (["lsa", "fit", "text", "--format", "lines", "-k", 2],
            ["lsa", "fit", "more", "--format", "lines", "-k", 2], "out.lsa"),
    "recommend": (["recommend", "fit", "r.csv", "-k", 2],
                  ["recommend", "fit", "s.csv", "-k", 2], "out.safetensors"),
    "convert to csr": (["convert", "t.csv", "out.csr"], ["convert", "u.csv", "out.csr"], "out.csr"),
    "convert to npy": (["convert", "t.csv", "out.npy"], ["convert", "u.csv", "out.npy"], "out.npy"),
}


@pytest.mark.parametrize("name", CASES)
def test_whichever_write_fails_the_old_output_is_whole(tmp_path, shim, name):
    before, after, output = CASES[name]
    write_inputs(tmp_path)
    assert run_tool("svd", "a.npy", "-k", 3, "-o", "model", cwd=tmp_path).code == 0
    target = tmp_path / output

    def run(arguments, **options):
        named = [] if arguments[0] == "convert" else ["-o", output]
        return run_tool(*arguments, *named, "--force", cwd=tmp_path, **options)

    done = run(after)
    assert done.code == 0, done.err
    new = contents(target)
    done = run(before)
    assert done.code == 0, done.err
    old = contents(target)
    assert old != new
    files = set(tmp_path.rglob("*"))
    mark = tmp_path.parent / (tmp_path.name + ".mark")
    for k in range(1, MOST, 3 if name in ALIKE else 1):
        done = run(after, env={"LD_PRELOAD": str(shim), "ECKART_FAIL_AT": str(k),
                               "ECKART_FAIL_MARK": str(mark)})
        if not mark.exists():
            assert done.code == 0, done.err
            break
        call = mark.read_text()
        mark.unlink()
        assert done.code == 3, (k, call, done.code, done.err)
        assert output in done.err and "No space left" in done.err, (k, call, done.err)
        assert set(tmp_path.rglob("*")) == files, (k, call)
        # The folder's own fsync comes when the new output is there.
        assert contents(target) == old or (call == "fsync" and contents(target) == new), (k, call)
        if contents(target) == new:
            assert run(before).code == 0
    assert 3 < k < MOST - 3
    assert contents(target) == new


def test_a_checkpointed_run_goes_on_whichever_write_failed(tmp_path, shim):
    np.save(tmp_path / "a.npy", np.random.default_rng(3).standard_normal((400, 30)))
    command = ["svd", "a.npy", "-k", 3, "--out-of-core", "-o", "out", "--force"]
    assert run_tool(*command, cwd=tmp_path).code == 0
    whole = contents(tmp_path / "out")
    mark = tmp_path / "mark"
    for k in range(1, MOST, 7):
        done = run_tool(*command, "--checkpoint", "kept", cwd=tmp_path,
                        env={"LD_PRELOAD": str(shim), "ECKART_FAIL_AT": str(k),
                             "ECKART_FAIL_MARK": str(mark)})
        if not mark.exists():
            break
        mark.unlink()
        assert done.code == 3 and "No space left" in done.err, (k, done.err)
        assert "kept" in done.err or "out" in done.err, (k, done.err)
        assert contents(tmp_path / "out") == whole
    assert 20 < k < MOST - 7
    assert done.code == 0 and contents(tmp_path / "out") == whole
