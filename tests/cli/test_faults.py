"""What the system refuses or takes away: each promise, and the loop that holds it to it.

A run whose memory, reads or inputs fail ends with a message and the documented code, leaves the old
output as it was and no other file; one that is merely disturbed (pieces, interruptions, clocks)
gives the bits of an undisturbed one. ECKART_LONG_TESTS makes the steps of the loops small.
"""
import json
import os
import resource
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import TOOL, run_tool, tool_environment
from test_failing_writes import contents, write_inputs

LONG = bool(os.environ.get("ECKART_LONG_TESTS"))
SEEDS = Path(__file__).parents[2] / "fuzz" / "corpus"

# The tool does not start itself a second time: its calls are counted from its one start.
STEADY = {"OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "Haswell"),
          "GOMP_SPINCOUNT": "20000", "ECKART_THREADS": "1"}

# Arguments, and what they write.
COMMANDS = {
    "svd": (["svd", "a.npy", "-k", 3, "-o", "out"], "out"),
    "svd sparse": (["svd", "s.mtx", "-k", 2, "--method", "lanczos", "-o", "out"], "out"),
    "svd out of core": (["svd", "a.npy", "-k", 3, "--out-of-core", "-o", "out"], "out"),
    "svd checkpointed": (["svd", "a.npy", "-k", 3, "--out-of-core", "--checkpoint", "kept",
                          "-o", "out"], "out"),
    "pca": (["pca", "t.csv", "-k", 2, "-o", "out"], "out"),
    "update": (["update", "model", "--rows", "b.npy", "-o", "out"], "out"),
    "lsa": (["lsa", "fit", "text", "--format", "lines", "-k", 2, "-o", "out.lsa"], "out.lsa"),
    "recommend": (["recommend", "fit", "r.csv", "-k", 2, "-o", "out.safetensors"],
                  "out.safetensors"),
    "image": (["image", "compress", "p.png", "-k", 3, "-o", "out.png"], "out.png"),
    "convert": (["convert", "t.csv", "out.csr"], "out.csr"),
    "solve": (["solve", "a.npy", "y.npy", "-o", "out.npy"], "out.npy"),
}


@pytest.fixture(scope="session")
def faults(tmp_path_factory):
    program = shutil.which(TOOL)
    if any(name in Path(program).read_bytes() for name in (b"__asan_init", b"__tsan_init")):
        pytest.skip("the sanitizers' own allocators suffer none in front of them")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def folder(tmp_path):
    write_inputs(tmp_path)
    rng = np.random.default_rng(2)
    np.save(tmp_path / "y.npy", rng.standard_normal(30))
    entries = [f"{i} {j} {rng.standard_normal()}" for i in range(1, 31) for j in (i % 7 + 1, 9)]
    (tmp_path / "s.mtx").write_text("%%MatrixMarket matrix coordinate real general\n"
                                    f"30 9 {len(entries)}\n" + "\n".join(entries) + "\n")
    (tmp_path / "p.png").write_bytes((SEEDS / "image" / "grey.png").read_bytes())
    assert run_tool("svd", "a.npy", "-k", 3, "-o", "model", cwd=tmp_path).code == 0
    return tmp_path


class Faulty:
    """Runs commands under the shim; tells what it made fail."""

    def __init__(self, library, folder):
        self.folder = folder
        self.mark = folder.parent / (folder.name + ".mark")
        self.library = library

    def run(self, fault, *arguments, force=True, **options):
        self.mark.unlink(missing_ok=True)
        env = STEADY | {"LD_PRELOAD": str(self.library), "ECKART_FAULT": fault,
                        "ECKART_FAULT_MARK": str(self.mark)}
        named = ["--force"] if force else []
        return run_tool(*arguments, *named, cwd=self.folder, env=env, **options)

    @property
    def happened(self):
        return self.mark.read_text() if self.mark.exists() else ""


@pytest.fixture
def faulty(faults, folder):
    return Faulty(faults, folder)


def files_of(folder):
    """All files but those of a checkpoint, which are there to stay."""
    return {path for path in folder.rglob("*") if "kept" not in path.parts}


def prepared(faulty, name):
    """The command, the output of an undisturbed run, which is there, and all files."""
    arguments, output = COMMANDS[name]
    done = faulty.run("none", *arguments)
    assert done.code == 0, done.err
    whole = contents(faulty.folder / output)
    return arguments, faulty.folder / output, whole, files_of(faulty.folder)


@pytest.mark.parametrize("name", COMMANDS)
def test_whichever_allocation_fails_it_says_so_and_the_old_output_is_whole(faulty, name):
    arguments, output, whole, files = prepared(faulty, name)
    assert faulty.run("malloc:0", *arguments).code == 0
    count = int(faulty.happened)
    assert count > 5000
    # Most make the command line, alike for all commands: the end is looked at more closely.
    steps = 400 if LONG else 8
    places = {1, 2, 3, count} | {count - (count - 1) * i**2 // steps**2 for i in range(steps)}
    for i, k in enumerate(sorted(places)):
        more = "+" if i % 2 else ""
        done = faulty.run(f"malloc:{k}{more}", *arguments)
        if done.code == 0:  # it did without, as for lists of suggestions
            assert contents(output) == whole, (k, more)
            continue
        assert done.code == 4 and "memory" in done.err, (k, more, done.code, done.err)
        assert contents(output) == whole, (k, more)
        # Libraries that allocate while they clean up cannot when nothing is left at all.
        left = {path for path in files_of(faulty.folder) - files
                if not (more and "/.eckart-" in str(path))}
        assert not left, (k, more, left)


@pytest.mark.parametrize("name", COMMANDS)
def test_whichever_read_fails_the_file_is_named_and_the_old_output_is_whole(faulty, name):
    arguments, output, whole, files = prepared(faulty, name)
    for k in range(1, 300):
        done = faulty.run(f"read:{k}", *arguments)
        if not faulty.happened:
            assert done.code == 0 and k > 1
            return
        if done.code == 0:  # a product of a checkpoint is made again, a temporary look done without
            assert contents(output) == whole, k
            continue
        assert done.code == 3, (k, done.code, done.err)
        assert "Input/output error" in done.err and any(
            path.name in done.err for path in files), (k, done.err)
        assert contents(output) == whole, k
        assert files_of(faulty.folder) == files, k
    raise AssertionError("more reads than expected")


@pytest.mark.parametrize("name", COMMANDS)
def test_pieces_and_interruptions_and_jumping_clocks_change_nothing(faulty, name):
    arguments, output, whole, files = prepared(faulty, name)
    for fault in ("pieces", "clock"):
        done = faulty.run(fault, *arguments)
        assert done.code == 0, (fault, done.err)
        assert faulty.happened == fault
        assert contents(output) == whole
        assert files_of(faulty.folder) == files


def seconds_in(value):
    if isinstance(value, dict):
        for key, entry in value.items():
            if "seconds" in key and isinstance(entry, (int, float)):
                yield entry
            yield from seconds_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from seconds_in(entry)


def test_no_time_is_negative_when_the_clock_jumps(faulty):
    faulty.run("clock", "svd", "a.npy", "-o", "out")
    found = list(seconds_in(json.loads((faulty.folder / "out" / "report.json").read_text())))
    assert found and min(found) >= 0
    # An hour that a laptop slept counts as an hour.
    done = faulty.run("clock", "svd", "a.npy", "-o", "out", "--max-time", "60s")
    assert done.code in (0, 4), done.err
    if done.code == 4:
        assert "time" in done.err


# --- files that change while they are mapped ---------------------------------------------------

def large_inputs(folder):
    """One of every kind of file that is mapped from a mebibyte on, by the command that reads it."""
    rng = np.random.default_rng(4)
    A = rng.standard_normal((600, 300))
    np.save(folder / "m.npy", A)
    np.savez(folder / "m.npz", A)
    np.savetxt(folder / "m.csv", A[:300], delimiter=",")
    lines = [f"{i} {j} {A[i - 1, j - 1]}" for i in range(1, 601) for j in range(1, 101)]
    (folder / "m.mtx").write_text("%%MatrixMarket matrix coordinate real general\n"
                                  f"600 300 {len(lines)}\n" + "\n".join(lines) + "\n")
    header = json.dumps({"w": {"dtype": "F64", "shape": [600, 300],
                               "data_offsets": [0, A.nbytes]}}).encode()
    (folder / "m.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header + A.tobytes())
    (folder / "text").write_text("".join(
        f"w{i % 997} w{i % 1009} w{i % 13}\n" for i in range(8000)))
    done = run_tool("lsa", "fit", "text", "--format", "lines", "-k", 20, "-o", "m.lsa", cwd=folder)
    assert done.code == 0, done.err
    done = run_tool("svd", "[[1,2],[3,4]]", "-o", "saved", cwd=folder)
    np.save(folder / "saved" / "U.npy", rng.standard_normal((100000, 2)))
    (folder / "ratings.csv").write_text("user,item,rating\n" + "".join(
        f"{u},{i},{(u * i) % 5 + 1}\n" for u in range(500) for i in range(250)))
    return {
        "m.npy": ["svd", "m.npy", "-k", 3, "-o", "out"],
        "m.npz": ["svd", "m.npz", "-k", 3, "-o", "out"],
        "m.csv": ["info", "m.csv"],
        "m.mtx": ["svd", "m.mtx", "-k", 3, "-o", "out"],
        "m.safetensors": ["model", "compress", "m.safetensors", "--rank", "5", "-o",
                          "out.safetensors"],
        "m.lsa": ["lsa", "query", "m.lsa", "w3 w5"],
        "ratings.csv": ["recommend", "fit", "ratings.csv", "-k", 2, "--epochs", "1", "-o",
                        "out.safetensors"],
        "U.npy": ["lowrank", "saved", "-k", 1, "-o", "out.npy"],
    }


def test_a_file_that_shrinks_while_it_is_mapped_is_named(faults, tmp_path):
    """By every reader that maps: neither a crash nor a result."""
    runs = large_inputs(tmp_path)
    faulty = Faulty(faults, tmp_path)
    for name, arguments in runs.items():
        place = tmp_path / "saved" / name if name == "U.npy" else tmp_path / name
        before, files = place.read_bytes(), files_of(tmp_path)
        done = faulty.run(f"shrink:{name}", *arguments, force=False)
        assert faulty.happened == "shrink", name
        assert done.code == 3 and done.out == "", (name, done.code, done.out, done.err)
        assert f"{name}: changed while it was read" in done.err, (name, done.err)
        assert done.err.count("\n") == 1, done.err
        assert files_of(tmp_path) == files, name
        place.write_bytes(before)


# --- places that cannot be written, and names that lead elsewhere -------------------------------

def test_a_full_disk_keeps_the_old_output(folder):
    """A file system of 256 KiB, in a name space of the test's own."""
    (folder / "disk").mkdir()
    rng = np.random.default_rng(6)
    np.save(folder / "large.npy", rng.standard_normal((400, 300)))
    script = ("mount -t tmpfs -o size=256k none disk && cp -r model disk/out && "
              '"$0" svd large.npy -o disk/out --force; code=$?; '
              "cmp model/U.npy disk/out/U.npy && ls -A disk >&2 && exit $code")
    can = subprocess.run(["unshare", "-Urm", "true"], capture_output=True)
    if can.returncode != 0:
        pytest.skip("no name space of our own here: " + can.stderr.decode().strip())
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script, TOOL], cwd=folder,
                          env=tool_environment(), capture_output=True)
    err = done.stderr.decode()
    assert done.returncode == 3 and "No space left" in err and "disk/out" in err, err
    assert err.endswith("\nout\n"), err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_limit_on_file_sizes_keeps_the_old_output(faulty, name):
    arguments, output, whole, files = prepared(faulty, name)
    limit = 64
    done = subprocess.run([TOOL, *map(str, arguments), "--force"], cwd=faulty.folder,
                          env=tool_environment(STEADY), capture_output=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                (limit, limit)))
    assert done.returncode == 3 and b"ulimit -f" in done.stderr, done.stderr
    assert contents(output) == whole
    assert files_of(faulty.folder) == files


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_without_leave_is_named_and_stays_as_it_is(folder, name):
    arguments, output = COMMANDS[name]
    if name == "svd checkpointed":
        arguments = [a if a != "kept" else "closed/kept" for a in arguments]
    (folder / "closed").mkdir(mode=0o555)
    named = [a if a != output else f"closed/{output}" for a in arguments]
    unprivileged = {} if os.geteuid() else {"user": 65534, "group": 65534}
    os.chmod(folder, 0o755)
    for parent in folder.parents:  # for the other user
        if not os.stat(parent).st_mode & 0o001:
            os.chmod(parent, os.stat(parent).st_mode | 0o001)
    done = subprocess.run([TOOL, *map(str, named)], cwd=folder, env=tool_environment(),
                          capture_output=True, **unprivileged)
    assert done.returncode == 3 and b"closed" in done.stderr, done.stderr
    assert b"Permission denied" in done.stderr, done.stderr
    assert list((folder / "closed").iterdir()) == []


def test_links_lead_to_what_they_name_and_temporary_names_lead_nowhere(folder):
    before = (folder / "a.npy").read_bytes()
    # To the input: it would be replaced by what was made of it.
    (folder / "to_input.npy").symlink_to("a.npy")
    done = run_tool("lowrank", "a.npy", "-k", 1, "-o", "to_input.npy", "--force", cwd=folder)
    assert done.code == 2 and "input" in done.err
    assert (folder / "a.npy").read_bytes() == before
    # To nothing, or in a circle: nobody knows what it was meant for, and the name gets the file.
    for name, target in (("dangling.npy", "made.npy"), ("deeper.npy", "absent/made.npy"),
                         ("circle.npy", "circle.npy")):
        (folder / name).symlink_to(target)
        done = run_tool("lowrank", "a.npy", "-k", 1, "-o", name, cwd=folder)
        assert done.code == 2 and "exists already" in done.err
        done = run_tool("lowrank", "a.npy", "-k", 1, "-o", name, "--force", cwd=folder)
        assert done.code == 0, done.err
        assert (folder / name).is_file() and not (folder / name).is_symlink()
        assert not (folder / "made.npy").exists()
    # To a folder.
    (folder / "to_folder.npy").symlink_to("model")
    done = run_tool("lowrank", "a.npy", "-k", 1, "-o", "to_folder.npy", "--force", cwd=folder)
    assert done.code in (2, 3) and "to_folder.npy" in done.err
    # A result folder that is a link goes where the link points, and the link stays.
    (folder / "link").symlink_to("model")
    assert run_tool("svd", "b.npy", "-k", 2, "-o", "link", "--force", cwd=folder).code == 0
    assert (folder / "link").is_symlink() and len(np.load(folder / "model" / "s.npy")) == 2


def test_a_temporary_name_that_someone_took_is_not_followed(folder):
    """Every name that the run could take is a link to a file of value."""
    victim = folder / "victim"
    victim.write_text("of value")
    script = ("for i in 0 1 2 3 4 5 6 7; do ln -s victim .eckart-$$-$i.tmp; done; "
              'exec "$0" "$@"')
    for name in ("svd", "lsa", "recommend", "convert", "image"):
        arguments, output = COMMANDS[name]
        done = subprocess.run(["sh", "-c", script, TOOL, *map(str, arguments)], cwd=folder,
                              env=tool_environment(STEADY), capture_output=True)
        assert done.returncode == 0, done.stderr
        assert victim.read_text() == "of value" and not victim.is_symlink()
        assert (folder / output).exists() and not (folder / output).is_symlink()
        for link in folder.glob(".eckart-*.tmp"):
            assert link.is_symlink()
            link.unlink()


# --- sizes behind the 32-bit limits -------------------------------------------------------------

@pytest.mark.parametrize("rows, cols", [(2**31 + 5, 1), (1, 2**31 + 5), (2**16 + 1, 2**15 + 1)])
def test_more_than_two_to_the_31_elements_in_a_file_of_zeros(folder, rows, cols):
    """A sparse file: the disk holds a few pages of it, and one pass takes seconds."""
    if not LONG:
        pytest.skip("reads gigabytes; set ECKART_LONG_TESTS")
    path = folder / "huge.npy"
    view = np.lib.format.open_memmap(path, mode="w+", dtype="u1", shape=(rows, cols))
    view[-1, -1], view[0, 0] = 4, 3
    del view
    done = run_tool("svd", "huge.npy", "-k", 2, "--out-of-core", "--max-memory", "1GiB",
                    "--json", cwd=folder)
    if 1 in (rows, cols):  # one singular vector alone is of 16 GiB
        assert done.code == 4 and done.out == "" and "GiB of memory; the cap is" in done.err
        return
    assert done.code == 0, done.err
    assert np.allclose(done.json["sigma"], [4.0, 3.0], rtol=1e-12)


def test_sparse_matrices_of_sides_beyond_32_bits(folder):
    """Ten entries in 2^33 x 3: columns and rows that no int holds."""
    rows = 2**33
    places = [1, 2, 2**31, 2**31 + 1, 2**32, 2**32 + 1, rows - 1, rows]
    entries = "".join(f"{i} {k % 3 + 1} {k + 1}\n" for k, i in enumerate(places))
    for shape, text in ((f"{rows} 3", entries), (f"3 {rows}", "".join(
            f"{j} {i} {v}\n" for i, j, v in (line.split() for line in entries.splitlines())))):
        (folder / "wide.mtx").write_text(
            f"%%MatrixMarket matrix coordinate real general\n{shape} {len(places)}\n{text}")
        done = run_tool("info", "wide.mtx", "--json", "--max-memory", "1GiB", cwd=folder)
        assert done.code in (0, 4), done.err
        if done.code == 4:
            assert "memory" in done.err
        else:
            assert done.json["matrix"]["rows"] * done.json["matrix"]["cols"] == 3 * rows
