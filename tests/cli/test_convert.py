"""eckart convert: the same matrix as in memory, within the memory allowed, or no file at all."""
import gzip
import signal
import subprocess
import time

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from conftest import TOOL, tool_environment
from test_out_of_core import peak_bytes


def some_sparse(rows=300, cols=200, entries=20000, seed=1):
    rng = np.random.default_rng(seed)
    return scipy.sparse.coo_matrix((rng.standard_normal(entries),
                                    (rng.integers(0, rows, entries), rng.integers(0, cols, entries))),
                                   (rows, cols))


def read_csr(path):
    """The container as docs/guides/bigger_than_memory.md describes it."""
    bytes_ = path.read_bytes()
    assert bytes_[:8] == b"ECKCSR1\n"
    rows, cols, entries = np.frombuffer(bytes_, "<i8", 3, 8)
    index, element = np.frombuffer(bytes_, "<i4", 2, 32)
    offsets = np.frombuffer(bytes_, "<i8", rows + 1, 40)
    at = 40 + 8 * (rows + 1)
    columns = np.frombuffer(bytes_, f"<i{index}", entries, at)
    values = np.frombuffer(bytes_, {1: "<f8", 2: "<f4"}[element], entries, at + index * entries)
    assert len(bytes_) == at + index * entries + values.nbytes
    return scipy.sparse.csr_matrix((values, columns, offsets), (rows, cols))


def write_as(kind, folder, A):
    path = folder / ("in." + kind.split("+")[0])
    if kind == "mtx":
        scipy.io.mmwrite(path, A, precision=17)
    elif kind == "mtx.gz":
        with gzip.open(path, "wb") as f:
            scipy.io.mmwrite(f, A, precision=17)
    elif kind.startswith("npz"):
        _, form, compressed = kind.split("+")
        scipy.sparse.save_npz(path, A.asformat(form), compressed=compressed == "packed")
    elif kind.startswith("npy"):
        np.save(path, np.asarray(A.toarray(), order=kind[-1]))
    else:
        np.savetxt(path, A.toarray(), delimiter="," if kind == "csv" else "\t", fmt="%.17g")
    return path


KINDS = ["mtx", "mtx.gz", "npz+csr+packed", "npz+csc+plain", "npz+coo+packed", "npy+C", "npy+F",
         "csv", "tsv"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_gives_the_matrix_that_numpy_has(eckart, tmp_path, kind):
    A = some_sparse().tocsr()
    source = write_as(kind, tmp_path, A)
    before = set(tmp_path.iterdir())
    for target in ("out.csr", "out.npy"):
        run = eckart("convert", source, target)
        assert run.code == 0, run.err
    assert np.array_equal(read_csr(tmp_path / "out.csr").toarray(), A.toarray())
    assert np.array_equal(np.load(tmp_path / "out.npy"), A.toarray())
    assert set(tmp_path.iterdir()) == before | {tmp_path / "out.csr", tmp_path / "out.npy"}


def test_entries_of_a_table_are_counted_from_what_the_option_says(eckart, tmp_path):
    A = some_sparse(entries=50)
    for base in (0, 1):
        np.savetxt(tmp_path / "t.csv", np.c_[A.row + base, A.col + base, A.data], delimiter=",",
                   fmt=["%d", "%d", "%.17g"], header="user,item,count", comments="")
        run = eckart("convert", "t.csv", "t.csr", "--triplets", base, "--shape", "300x200",
                     "--force", "--json")
        assert run.code == 0, run.err
        assert np.array_equal(read_csr(tmp_path / "t.csr").toarray(), A.toarray())
        assert run.json["stored_entries"] + run.json["added"] == 50
    (tmp_path / "p.csv").write_text("0,3\n2,1\n")
    assert eckart("convert", "p.csv", "p.npy", "--triplets", "0").code == 0
    assert np.load(tmp_path / "p.npy").tolist() == [[0, 0, 0, 1], [0] * 4, [0, 1, 0, 0]]
    assert eckart("convert", "p.csv", "q.npy", "--triplets", "1").code == 3


def test_keeps_and_chooses_the_precision(eckart, tmp_path):
    A = np.arange(6, dtype="f4").reshape(2, 3) + np.float32(0.1)
    np.save(tmp_path / "a.npy", A)
    eckart("convert", "a.npy", "b.csr")
    assert read_csr(tmp_path / "b.csr").dtype == np.float32
    eckart("convert", "a.npy", "c.csr", "--dtype", "float64")
    assert read_csr(tmp_path / "c.csr").dtype == np.float64
    np.savetxt(tmp_path / "d.csv", A, delimiter=",")
    eckart("convert", "d.csv", "d.npy", "--dtype", "float32")
    assert np.load(tmp_path / "d.npy").dtype == np.float32
    run = eckart("convert", "[[1e300,1]]", "e.npy", "--dtype", "float32")
    assert run.code == 3 and "beyond float32" in run.err
    (tmp_path / "f.csv").write_text("1,NA\n2,3\n")
    assert eckart("convert", "f.csv", "f.npy").code == 3
    assert eckart("convert", "f.csv", "f.npy", "--missing", "zero").code == 0
    assert np.load(tmp_path / "f.npy").tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize("arguments, words", [
    (["a.npy", "b.txt"], ["b.txt", ".csr", ".npy"]),
    (["a.npy", "a.npy", "--force"], ["a.npy"]),
    (["a.npy", "there.csr"], ["there.csr", "exists"]),
    (["a.npy", "b.csr", "--triplets", "0"], ["a.npy", "tables"]),
    (["a.npy", "b.csr", "--shape", "2x2"], ["--shape", "--triplets"]),
    (["a.npy", "b.csr", "--triplets", "2"], ["--triplets", "0, 1"]),
    (["a.npy", "b.csr", "--dtype", "int8"], ["--dtype", "float32"]),
])
def test_says_what_it_cannot_do(eckart, tmp_path, arguments, words):
    np.save(tmp_path / "a.npy", np.eye(2))
    (tmp_path / "there.csr").write_text("mine")
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    run = eckart("convert", *arguments)
    assert run.code == 2 and all(word in run.err for word in words), run.err
    assert before == {p: p.read_bytes() for p in tmp_path.iterdir()}


def test_sorts_many_times_the_memory_within_it(eckart, tmp_path):
    """92 MiB of entries with less than 12 MiB for them, each place forty times."""
    places, times = 100_000, 40
    lines = "".join(f"{e * 7919 % 40000 + 1} {e % 3000 + 1} 0.5\n" for e in range(places)).encode()
    with open(tmp_path / "a.mtx", "wb") as f:
        f.write(b"%%%%MatrixMarket matrix coordinate real general\n40000 3000 %d\n"
                % (places * times))
        for _ in range(times):
            f.write(lines)
    cap = 48 << 20
    code, peak = peak_bytes([TOOL, "convert", "a.mtx", "a.csr", "--max-memory", cap], tmp_path)
    assert code == 0 and peak <= cap
    A = read_csr(tmp_path / "a.csr")
    assert A.nnz == places and A.has_canonical_format and np.all(A.data == times / 2)


def test_refuses_less_memory_than_it_takes(eckart, tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    run = eckart("convert", "a.npy", "a.csr", "--max-memory", "20M")
    assert run.code == 4 and "20.0 MiB" in run.err and not (tmp_path / "a.csr").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_leaves_nothing_behind_when_it_is_stopped(tmp_path, stop):
    """A pipe that never ends, so that it is stopped while it sorts."""
    line = b"1 1 1\n" * 100000
    process = subprocess.Popen(
        [TOOL, "convert", "-", "a.csr", "--input-format", "mtx", "--max-memory", "64M"],
        cwd=tmp_path, env=tool_environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"%%MatrixMarket matrix coordinate real general\n5 5 9000000\n")
    for _ in range(20):
        process.stdin.write(line)
    process.stdin.flush()
    process.send_signal(stop)
    try:
        process.stdin.write(line)
        process.stdin.close()
    except BrokenPipeError:
        pass
    code = process.wait()
    assert code in (130, 143, -2, -15, -9)
    time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []
