"""Least squares and what depends on zeros, against NumPy, exact answers and NIST's."""
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

NIST = Path(__file__).parents[2] / "examples/data/nist_strd"


def nist(name):
    """Certified coefficients, and rows of y and predictors."""
    lines = (NIST / f"{name}.dat").read_text().splitlines()
    certified = [float(m[1]) for m in (re.match(r"\s+B\d+\s+(\S+)", line) for line in lines) if m]
    start = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    return np.array(certified), np.array([line.split() for line in lines[start + 1:]
                                          if line.strip()], float)


def digits(x, certified):
    error = np.abs(np.ravel(x) - certified) / np.abs(certified)
    return -np.log10(error.max() + 1e-16)


def test_longley_by_its_columns_and_filip_by_its_predictor(eckart, tmp_path):
    certified, data = nist("Longley")
    np.savetxt(tmp_path / "X.csv", data[:, 1:], delimiter=",", fmt="%.17g")
    np.savetxt(tmp_path / "y.csv", data[:, :1], delimiter=",", fmt="%.17g")
    run = eckart("solve", "X.csv", "y.csv", "--intercept", "--json")
    assert run.code == 0 and run.json["refined"]
    assert digits(run.json["X"], certified) >= 12
    assert 4e9 < run.json["condition_number"] < 6e9
    certified, data = nist("Filip")
    np.save(tmp_path / "x.npy", data[:, 1])
    np.save(tmp_path / "y.npy", data[:, 0])
    run = eckart("solve", "x.npy", "y.npy", "--polynomial", "10", "-o", "c.npy", "--json")
    assert run.code == 0 and digits(run.json["X"], certified) >= 10
    assert digits(np.load(tmp_path / "c.npy"), certified) >= 10
    text = eckart("solve", "x.npy", "y.npy", "--polynomial", "10").out
    assert "1.77e+15" in text and "right to the last digits" in text and "standard error" in text


@pytest.fixture
def problem(tmp_path):
    random = np.random.default_rng(5)
    A, B = random.standard_normal((20, 4)), random.standard_normal((20, 2))
    np.save(tmp_path / "A.npy", A)
    np.save(tmp_path / "B.npy", B)
    np.save(tmp_path / "b.npy", B[:, 0])
    return A, B


def test_several_right_hand_sides_and_their_residuals(eckart, problem, tmp_path):
    A, B = problem
    run = eckart("solve", "A.npy", "B.npy", "-o", "X.npy", "--residuals", "R.npy", "--json")
    X = np.linalg.lstsq(A, B, rcond=None)[0]
    np.testing.assert_allclose(np.load(tmp_path / "X.npy"), X, atol=1e-14)
    np.testing.assert_allclose(np.load(tmp_path / "R.npy"), B - A @ X, atol=1e-14)
    np.testing.assert_allclose(run.json["residual_norms"], np.linalg.norm(B - A @ X, axis=0))
    assert run.json["rank"] == 4 and run.json["degrees_of_freedom"] == 16


def test_weights_covariance_and_standard_errors(eckart, problem, tmp_path):
    A, B = problem
    w = np.random.default_rng(1).integers(0, 4, 20).astype(float)
    np.save(tmp_path / "w.npy", w)
    run = eckart("solve", "A.npy", "b.npy", "--weights", "w.npy", "--covariance", "C.npy", "--json")
    assert run.code == 0, run.err
    inverse = np.linalg.inv(A.T @ (w[:, None] * A))
    x = inverse @ (A.T @ (w * B[:, 0]))
    variance = (w * (B[:, 0] - A @ x) ** 2).sum() / ((w > 0).sum() - 4)
    np.testing.assert_allclose(np.ravel(run.json["X"]), x, atol=1e-13)
    np.testing.assert_allclose(np.load(tmp_path / "C.npy"), inverse * variance, atol=1e-13)
    np.testing.assert_allclose(np.ravel(run.json["standard_errors"]),
                               np.sqrt(np.diag(inverse * variance)), rtol=1e-11)


def test_a_ridge_given_or_found(eckart, problem, tmp_path):
    A, B = problem
    run = eckart("solve", "A.npy", "b.npy", "--ridge", "2.5", "--json")
    x = np.linalg.solve(A.T @ A + 2.5 * np.eye(4), A.T @ B[:, 0])
    np.testing.assert_allclose(np.ravel(run.json["X"]), x, atol=1e-13)
    hilbert = 1 / (np.arange(40)[:, None] + np.arange(12) + 1)
    b = hilbert @ np.ones(12) + 1e-6 * np.random.default_rng(2).standard_normal(40)
    np.save(tmp_path / "H.npy", hilbert)
    np.save(tmp_path / "h.npy", b)
    for rule in ("gcv", "l-curve"):
        run = eckart("solve", "H.npy", "h.npy", "--ridge", rule, "--json")
        assert 1e-14 < run.json["ridge"] < 1e-4
        assert np.abs(np.ravel(run.json["X"]) - 1).max() < 0.3, rule
    run = eckart("solve", "H.npy", "h.npy", "--picard", "--truncate", "4", "--json")
    assert run.json["rank"] == 4 and len(run.json["picard"]) == 12
    U, s, _ = np.linalg.svd(hilbert)
    np.testing.assert_allclose([row["coefficient"] for row in run.json["picard"]][:9],
                               np.abs(U.T @ b)[:9], atol=1e-9)
    text = eckart("solve", "A.npy", "b.npy", "--picard").out
    assert "quotient" in text and text.count("|") >= 4


def test_singular_and_wide_systems_give_the_shortest_solution(eckart):
    run = eckart("solve", "[[1,2],[2,4]]", "[5,10]", "--json")
    np.testing.assert_allclose(np.ravel(run.json["X"]), [1, 2], atol=1e-14)
    assert run.json["rank"] == 1 and run.json["condition_number"] is None
    np.testing.assert_allclose(run.json["residual_norms"], [0], atol=1e-13)
    run = eckart("solve", "[[1,1,1]]", "[[3]]", "--json")
    np.testing.assert_allclose(np.ravel(run.json["X"]), [1, 1, 1], atol=1e-14)
    assert "shortest" in eckart("solve", "[[1,2],[2,4]]", "[5,10]").out
    # b outside the range: the nearest point of it.
    run = eckart("solve", "[[1,0],[0,0]]", "[1,7]", "--json")
    np.testing.assert_allclose(np.ravel(run.json["X"]), [1, 0], atol=1e-15)
    np.testing.assert_allclose(run.json["residual_norms"], [7])
    run = eckart("solve", "[[0,0],[0,0]]", "[1,1]", "--json")
    assert run.json["rank"] == 0 and np.ravel(run.json["X"]).tolist() == [0, 0]


def test_complex_systems(eckart):
    run = eckart("solve", "[[1+1j,2],[0,1j]]", "[[3+1j],[1j]]", "--json")
    np.testing.assert_allclose(np.ravel(run.json["X"]), [1, 0, 1, 0], atol=1e-15)  # re, im


def test_no_refine_leaves_the_solution_of_the_svd(eckart, problem):
    run = eckart("solve", "A.npy", "b.npy", "--no-refine", "--json")
    assert run.code == 0 and not run.json["refined"] and run.json["refinement_steps"] == 0


def test_rank_and_cond_show_the_gap(eckart):
    A = "[[1,0,0],[0,1e-6,0],[0,0,1e-20]]"
    run = eckart("rank", A, "--json")
    assert run.json["rank"] == 2 and run.json["smallest_kept"] == 1e-6
    np.testing.assert_allclose(run.json["largest_dropped"], 1e-20, rtol=1e-10)
    assert "factor of 1e+14" in eckart("rank", A).out
    assert eckart("rank", A, "--rtol", "1e-3", "--json").json["rank"] == 1
    assert eckart("rank", A, "--atol", "1e-30", "--json").json["rank"] == 3
    assert eckart("rank", A, "--rtol", "0", "--json").json["rank"] == 3
    assert "not clear-cut" in eckart("rank", "[[1,0],[0,0.5]]", "--rtol", "0.6").out
    run = eckart("cond", A, "--json")
    np.testing.assert_allclose(run.json["condition_number"], 1e20)
    assert run.json["singular"] and run.json["digits"] == 0
    run = eckart("cond", A, "--rtol", "1e-12", "--json")
    assert run.json["condition_number"] is None and run.json["singular"]
    assert "singular" in eckart("cond", A, "--rtol", "1e-12").out
    run = eckart("cond", "[[1,0],[0,1e-4]]", "--json")
    np.testing.assert_allclose(run.json["condition_number"], 1e4)
    assert run.json["digits"] in (11, 12)


def test_norms_are_numpy_s(eckart, problem):
    A, _ = problem
    run = eckart("norm", "A.npy", "--json").json
    for name, order in (("two", 2), ("frobenius", "fro"), ("nuclear", "nuc"), ("one", 1),
                        ("infinity", np.inf)):
        np.testing.assert_allclose(run[name], np.linalg.norm(A, order), rtol=1e-13)
    assert run["largest_entry"] == np.abs(A).max()
    assert "nuclear" in eckart("norm", "A.npy").out


@pytest.mark.parametrize("shape", [(9, 6), (6, 9), (7, 7)])
@pytest.mark.parametrize("complex_valued", [False, True])
def test_pinv_null_and_range_are_what_their_names_say(eckart, tmp_path, shape, complex_valued):
    random = np.random.default_rng(4)
    m, n = shape
    L, R = random.standard_normal((m, 3)), random.standard_normal((3, n))
    if complex_valued:
        L = L + 1j * random.standard_normal((m, 3))
    A = L @ R
    np.save(tmp_path / "A.npy", A)
    results = {}
    for command, *left in (["pinv"], ["null"], ["null", "--left"], ["range"], ["range", "--left"]):
        name = "".join([command, *left]) + ".npy"
        run = eckart(command, "A.npy", *left, "-o", name, "--json")
        assert run.code == 0 and run.json["rank"] == 3, run.err
        results["".join([command, *left])] = np.load(tmp_path / name)
    np.testing.assert_allclose(results["pinv"], np.linalg.pinv(A), atol=1e-13)
    for name, matrix, size in (("null", A, n - 3), ("null--left", A.conj().T, m - 3)):
        assert results[name].shape == (matrix.shape[1], size)
        np.testing.assert_allclose(matrix @ results[name], 0, atol=1e-13)
    for name, matrix in (("range", A), ("range--left", A.conj().T)):
        Q = results[name]
        assert Q.shape == (matrix.shape[0], 3)
        np.testing.assert_allclose(Q @ (Q.conj().T @ matrix), matrix, atol=1e-12)
    for name, Q in results.items():
        if name != "pinv":
            np.testing.assert_allclose(Q.conj().T @ Q, np.eye(Q.shape[1]), atol=1e-13)


def test_a_matrix_without_a_null_space_gets_an_empty_basis(eckart, tmp_path):
    run = eckart("null", "[[1,0],[0,1]]", "-o", "N.npy", "--json")
    assert run.code == 0 and run.json["nullity"] == 0
    assert np.load(tmp_path / "N.npy").shape == (2, 0)


def test_without_a_file_the_matrix_is_printed(eckart):
    run = eckart("pinv", "[[1,2],[2,4]]")
    assert run.code == 0 and run.out.splitlines()[-2:] == ["         0.04         0.08",
                                                           "         0.08         0.16"]
    np.testing.assert_allclose(eckart("pinv", "[[1,2],[2,4]]", "--json").json["matrix_entries"],
                               [[0.04, 0.08], [0.08, 0.16]])
    assert "(none)" in eckart("null", "[[1,0],[0,1]]").out


def test_large_matrices_are_printed_in_part(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.eye(40))
    text = eckart("pinv", "A.npy").out
    assert "40 × 40 in all" in text and len(text.splitlines()) < 40


def test_the_null_space_of_a_sparse_matrix_is_found_as_that_of_the_same_dense_one(eckart, tmp_path):
    random = np.random.default_rng(5)
    dense = (random.random((60, 40)) < 0.1) * random.standard_normal((60, 40))
    dense[:, 7], dense[:, 9] = dense[:, 3] - dense[:, 5], 0
    sparse = scipy.sparse.csr_matrix(dense)
    scipy.sparse.save_npz(tmp_path / "S.npz", sparse)
    np.save(tmp_path / "A.npy", dense)
    bases = []
    for name in "S.npz", "A.npy":
        run = eckart("null", name, "-o", "N.npy", "--force", "--json")
        assert run.code == 0 and run.json["nullity"] == 40 - np.linalg.matrix_rank(dense)
        assert run.json["residual"] <= 1e-14
        bases.append(np.load(tmp_path / "N.npy"))
    np.testing.assert_allclose(bases[0] @ bases[0].T, bases[1] @ bases[1].T, atol=1e-13)


MISTAKES = [
    (["solve", "A.npy"], 2, ["B"]), (["solve", "A.npy", "[1,2]"], 3, ["1 row", "20"]),
    (["solve", "A.npy", "b.npy", "--ridge", "-1"], 2, ["--ridge", "0 or above"]),
    (["solve", "A.npy", "b.npy", "--ridge", "nan"], 2, ["--ridge"]),
    (["solve", "A.npy", "b.npy", "--ridge", "corner"], 2, ["--ridge", "'corner'"]),
    (["solve", "A.npy", "b.npy", "--rcond", "1"], 2, ["--rcond", "below 1"]),
    (["solve", "A.npy", "b.npy", "--truncate", "-1"], 2, ["--truncate"]),
    (["solve", "A.npy", "b.npy", "--ridge", "1", "--rcond", "0.1"], 2, ["at most one"]),
    (["solve", "A.npy", "b.npy", "--polynomial", "2"], 3, ["4 columns", "one predictor"]),
    (["solve", "b.npy", "b.npy", "--polynomial", "x"], 2, ["--polynomial"]),
    (["solve", "b.npy", "b.npy", "--polynomial", "1", "--intercept"], 2, ["--intercept"]),
    (["solve", "A.npy", "b.npy", "--weights", "[1,2]"], 3, ["[1,2]", "20"]),
    (["solve", "A.npy", "b.npy", "--weights", "B.npy"], 3, ["B.npy", "one number"]),
    (["solve", "[[1],[2]]", "[1,2]", "--weights", "[1,-1]"], 3, ["row 2", "0 or above"]),
    (["solve", "[[1],[2]]", "[1,2]", "--weights", "[0,0]"], 2, ["weights are 0"]),
    (["solve", "A.npy", "b.npy", "-o", "x.csv"], 2, ["x.csv", ".npy"]),
    (["solve", "A.npy", "b.npy", "-o", "x.npy", "--residuals", "x.npy"], 2, ["twice"]),
    (["solve", "A.npy", "b.npy", "-o", "b.npy", "--force"], 2, ["input"]),
    (["solve", "A.npy", "b.npy", "-o", "b.npy"], 2, ["--force"]),
    (["solve", "A.npy", "B.npy", "--covariance", "C.npy"], 2, ["one right-hand side"]),
    (["solve", "A.npy", "b.npy", "--ridge", "1", "--covariance", "C.npy"], 2, ["--covariance"]),
    (["solve", "[[1,nan]]", "[1]"], 3, ["[[1,nan]]", "column 2"]),
    (["solve", "[[1]]", "[inf]"], 3, ["[inf]", "row 1"]),
    (["solve", "-", "-"], 2, ["standard input"]), (["solve", "A.npy", "nowhere"], 3, ["nowhere"]),
    (["solve", "A.npy", "b.npy", "--max-memory", "1K"], 4, ["solve, which copies A"]),
    (["rank"], 2, ["FILE"]), (["rank", "A.npy", "--rtol", "1"], 2, ["--rtol", "below 1"]),
    (["cond", "A.npy", "--atol", "-1"], 2, ["--atol", "0 or above"]),
    (["norm", "nowhere"], 3, ["nowhere"]),
    (["null", "A.npy", "-o", "N.txt"], 2, ["N.txt", ".npy"]),
    (["range", "A.npy", "-o", "A.npy", "--force"], 2, ["input"]),
    (["pinv", "[[1,nan]]", "-o", "P.npy"], 3, ["column 2"]),
]


def test_every_mistake_is_named(eckart, problem, tmp_path):
    before = sorted(p.name for p in tmp_path.iterdir())
    for arguments, code, words in MISTAKES:
        run = eckart(*arguments)
        assert run.code == code and run.out == "", (arguments, run.code, run.out, run.err)
        assert run.err.startswith("eckart: ") and len(run.err.splitlines()) == 1, run.err
        for word in words:
            assert word in run.err, (arguments, run.err)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
