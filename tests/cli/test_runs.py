"""How a run behaves: plans, budgets, interruption, determinism, machine-readable output."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from conftest import TOOL

METHODS = ["dense", "gram", "randomized", "lanczos", "jacobi"]


def test_plan_runs_nothing(eckart, matrix, tmp_path):
    name = matrix()
    run = eckart("svd", name, "-k", "3", "--plan", "-o", "out")
    assert run.code == 0, run.err
    assert "method" in run.out and "memory" in run.out and "nothing was computed" in run.out
    assert not (tmp_path / "out").exists()
    plan = eckart("svd", name, "-k", "3", "--plan", "--json").json
    assert plan["method"] in METHODS and plan["why"]
    assert "sigma" not in plan


def test_a_plan_does_not_look_at_the_entries(eckart):
    assert eckart("svd", "[[nan,1],[1,2]]", "--plan").code == 0


def test_a_memory_limit_is_refused_beforehand(eckart, matrix):
    for command in (["svd"], ["svd", "--plan"], ["svd", "--full"]):
        run = eckart(command[0], matrix(400, 300), *command[1:], "--max-memory", "1K")
        assert run.code == 4 and run.out == ""
        assert "1.0 KiB" in run.err
    run = eckart("lowrank", matrix(400, 300), "-k", "1", "-o", "B.npy", "--max-memory", "900K")
    assert run.code == 4 and run.out == ""


def test_a_memory_limit_that_suffices_is_kept(eckart, matrix):
    run = eckart("svd", matrix(400, 300), "-k", "5", "--max-memory", "16M", "--json")
    assert run.code == 0, run.err
    assert run.json["peak_bytes"] <= 16 * 2**20


@pytest.mark.parametrize("arguments", [
    ["svd", "[[3,2],[2,3]]"], ["svd", "[[3,2],[2,3]]", "--plan"], ["info", "[[3,2],[2,3]]"],
    ["svd", "[[0]]"], ["info", "[[0]]"], ["lowrank", "[[3,2],[2,3]]", "-k", "1", "-o", "B.npy"]])
def test_json_is_one_object_alone_on_standard_output(eckart, arguments):
    run = eckart(*arguments, "--json")
    assert run.code == 0, run.err
    assert run.err == ""
    assert run.json["schema"] == 1
    assert not re.search(r"\b(NaN|Infinity)\b", run.out)


def test_json_holds_single_precision_values_in_their_shortest_form(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.array([[0.1]], np.float32))
    assert eckart("svd", "A.npy", "--json").json["sigma"] == [0.1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float64, np.complex64])
def test_one_and_two_threads_write_the_same_bytes(eckart, matrix, tmp_path, method, dtype):
    name = matrix(600, 200, dtype)
    for threads in ("1", "2"):
        eckart("svd", name, "-k", "6", "--method", method, "--threads", threads,
               "-o", "out" + threads)
    for file in ("U.npy", "s.npy", "Vt.npy"):
        one, two = ((tmp_path / folder / file).read_bytes() for folder in ("out1", "out2"))
        assert one == two, file


def test_an_accuracy_that_is_not_reached_is_code_1_with_the_reason(eckart, tmp_path):
    # Values fall slowly: two power iterations cannot reach 1e-14.
    random = np.random.default_rng(5)
    np.save(tmp_path / "A.npy", random.standard_normal((300, 200)))
    run = eckart("svd", "A.npy", "-k", "5", "--method", "randomized", "--accuracy", "1e-14",
                 "--power-iterations", "2", "-o", "out")
    assert run.code == 1
    assert "accuracy 1e-14 asked: NOT met" in run.out
    assert "    - " in run.out
    assert (tmp_path / "out" / "U.npy").exists()


@pytest.fixture
def slow_matrix(tmp_path):
    """Sparse, with a thousand values so close that Lanczos needs long to part them."""
    n = 20000
    A = scipy.sparse.diags(1 + np.arange(n) * 1e-7).tocsr()
    rows, cols = np.random.default_rng(1).integers(0, n, (2, 8000))
    A = A + scipy.sparse.coo_matrix((np.full(8000, 5e-7), (rows, cols)), shape=(n, n))
    scipy.io.mmwrite(tmp_path / "slow.mtx", A, precision=16)
    return "slow.mtx"


def after_cpu_seconds(process, seconds):
    """Waits until the process has computed for so long, which another process cannot delay."""
    while process.poll() is None:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") >= seconds:
            return
        time.sleep(0.01)


def test_ctrl_c_leaves_a_partial_result_with_its_certificate(slow_matrix, tmp_path):
    with subprocess.Popen([TOOL, "svd", slow_matrix, "-k", "100", "--method", "lanczos",
                           "-o", "out", "--json"], cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        # After the file is read (0.3 s), long before it converges (10 s).
        after_cpu_seconds(process, 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130, err.decode()
    report = json.loads(out)
    assert report["status"] == "cancelled"
    U, s, Vt = (np.load(tmp_path / "out" / f"{name}.npy") for name in ("U", "s", "Vt"))
    assert len(s) == len(report["sigma"]) == len(report["certificate"]["residuals"])
    assert U.shape[1] == Vt.shape[0] == len(s)
    A = scipy.io.mmread(tmp_path / slow_matrix).tocsr()
    residuals = np.linalg.norm(A @ Vt.T - U * s, axis=0) / s[0]
    assert residuals.max() <= report["certificate"]["residual"]["value"] * (1 + 1e-6) + 1e-12


def test_a_time_limit_that_has_passed_is_code_4(eckart, matrix, tmp_path):
    for method in METHODS:
        run = eckart("svd", matrix(40, 30), "-k", "3", "--method", method, "--max-time", "1e-9s",
                     "-o", "out")
        assert run.code == 4 and run.out == "" and "time limit" in run.err, method
        assert not (tmp_path / "out").exists()


def test_a_time_limit_that_suffices_changes_nothing(eckart, matrix, saved):
    for limit in ([], ["--max-time", "1.5h"]):
        assert eckart("svd", matrix(40, 30), "-k", "3", *limit, "-o", f"out{len(limit)}").code == 0
    assert (saved("out0").U == saved("out2").U).all()


def test_a_time_limit_leaves_a_partial_result_with_its_certificate(eckart, slow_matrix, saved):
    run = eckart("svd", slow_matrix, "-k", "100", "--method", "lanczos", "--max-time", "1.5s",
                 "-o", "out", "--json")
    assert run.code == 4, run.err
    if not run.out:  # a machine so slow that the file was hardly read
        pytest.skip("the limit passed before the first step")
    report = run.json
    assert report["status"] == "time limit"
    part = saved("out")
    assert part.U.shape[1] == part.Vt.shape[0] == len(part.s) == len(report["sigma"])
    assert np.linalg.norm(part.U.T @ part.U - np.eye(len(part.s))) < 1e-8


def test_the_options_of_the_randomized_method_matter(eckart, tmp_path):
    random = np.random.default_rng(5)
    np.save(tmp_path / "A.npy", random.standard_normal((300, 200)))

    def residual(*options):
        run = eckart("svd", "A.npy", "-k", "5", "--method", "randomized", "--power-iterations", "2",
                     "--json", *options)
        return run.json["certificate"]["residual"]["value"]

    assert residual("--oversampling", "60") < 0.7 * residual()
    run = eckart("svd", "A.npy", "-k", "5", "--method", "randomized", "--json")
    assert run.code == 0 and run.json["certificate"]["met"] is True
    assert run.json["certificate"]["residual"]["value"] <= 1e-10


def test_the_rank_is_chosen_from_the_values(eckart, tmp_path):
    random = np.random.default_rng(1)
    signal = random.standard_normal((200, 4)) @ random.standard_normal((4, 120))
    np.save(tmp_path / "A.npy", signal + 0.1 * random.standard_normal((200, 120)))
    for rule in (["--choose", "gavish-donoho"], ["--choose", "elbow"],
                 ["--choose", "gavish-donoho", "--noise", "0.1"],
                 ["--choose", "gavish-donoho", "--noise", "0.1", "--method", "lanczos"]):
        run = eckart("svd", "A.npy", *rule, "--json")
        assert run.code == 0, run.err
        assert len(run.json["sigma"]) == 4, rule
    assert len(eckart("svd", "A.npy", "--choose", "gavish-donoho", "--noise", "0.01",
                      "--json").json["sigma"]) > 50
    run = eckart("lowrank", "A.npy", "--choose", "elbow", "-o", "B.npy", "--json")
    assert run.code == 0 and run.json["rank"] == 4


def test_ctrl_c_is_answered_and_ends_with_its_code_where_nothing_can_stop(tmp_path):
    # LAPACK runs to its end; what was said at the interrupt still holds.
    np.save(tmp_path / "A.npy", np.random.default_rng(1).standard_normal((2000, 2000)))
    with subprocess.Popen([TOOL, "svd", "A.npy", "--method", "dense", "--threads", "1", "--json"],
                          cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        after_cpu_seconds(process, 0.4)  # of two
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert err.startswith(b"eckart: stopping at the next possible point; Ctrl-C again"), err
    if out:
        assert json.loads(out)["status"] == "cancelled"


def test_a_saved_result_says_what_it_is_the_svd_of(eckart, matrix, saved):
    name = matrix(6, 4)
    assert eckart("svd", name, "--center", "--scale", "-o", "out").code == 0
    report = saved("out").report
    assert report["matrix"]["source"] == name and report["matrix"]["rows"] == 6
    assert report["matrix"]["centred"] is True and report["matrix"]["scaled"] is True
    assert report["smallest"] is False
    assert eckart("svd", name, "-k", "2", "--smallest", "-o", "small").code == 0
    report = saved("small").report
    assert report["smallest"] is True and report["matrix"]["centred"] is False


def test_an_approximation_from_a_saved_result_says_of_what(eckart, matrix, tmp_path):
    name = matrix(6, 4)
    eckart("svd", name, "-k", "2", "--smallest", "-o", "small")
    run = eckart("lowrank", "small", "-k", "1", "-o", "B.npy")
    assert run.code == 2 and run.out == "" and "smallest" in run.err
    assert not (tmp_path / "B.npy").exists()
    eckart("svd", name, "--center", "-o", "centred")
    run = eckart("lowrank", "centred", "-k", "1", "-o", "B.npy")
    assert run.code == 0 and "approximates the centred matrix" in run.out
    run = eckart("lowrank", "centred", "-k", "1", "-o", "C.npy", "--json")
    assert run.json["centred"] is True and run.json["scaled"] is False
    (tmp_path / "centred" / "report.json").write_text("{")
    run = eckart("lowrank", "centred", "-k", "1", "-o", "D.npy")
    assert run.code == 3 and "centred/report.json" in run.err
    # numpy.save writes no report.
    (tmp_path / "centred" / "report.json").unlink()
    run = eckart("lowrank", "centred", "-k", "1", "-o", "D.npy")
    assert run.code == 0 and "centred matrix" not in run.out


def test_without_a_result_nothing_is_left_behind(eckart, tmp_path):
    eckart("svd", "[[nan]]", "-o", "out")
    assert os.listdir(tmp_path) == []
