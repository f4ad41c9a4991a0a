"""Relative accuracy and Hermitian matrices: svd --accuracy relative, --method jacobi, --hermitian."""
import numpy as np
import pytest


@pytest.fixture
def graded(tmp_path):
    """Columns of the Hadamard matrix of order 4, scaled: singular values 2 d_j exactly."""
    d = np.array([1e-200, 1.0, 1e-300, 1e-100])
    H = np.array([[1, 1], [1, -1]])
    np.save(tmp_path / "graded.npy", np.kron(H, H) * d)
    return 2 * np.sort(d)[::-1]


@pytest.mark.parametrize("arguments", [["--accuracy", "relative"], ["--method", "jacobi"]])
def test_small_singular_values_keep_their_digits(eckart, graded, arguments):
    run = eckart("svd", "graded.npy", *arguments, "--json")
    assert run.code == 0, run.err
    assert run.json["method"] == "jacobi"
    assert np.all(np.abs(run.json["sigma"] / graded - 1) <= 1e-14)


def test_the_plan_says_why(eckart, graded):
    plan = eckart("svd", "graded.npy", "--accuracy", "relative", "--plan")
    assert plan.code == 0, plan.err
    assert "jacobi: high relative accuracy was asked for" in plan.out
    assert "dense: its accuracy is relative to the largest singular value" in plan.out
    plan = eckart("svd", "[[3,2],[2,3]]", "--hermitian", "--plan", "--json").json
    assert plan["method"] == "hermitian" and plan["peak_bytes"] > 0


def test_relative_accuracy_with_part_of_the_triplets(eckart, graded):
    run = eckart("svd", "graded.npy", "--accuracy", "relative", "-k", "1", "--smallest", "--json")
    assert run.code == 0, run.err
    assert abs(run.json["sigma"][0] / graded[-1] - 1) <= 1e-14


def test_a_hermitian_matrix_shows_its_eigenvalues(eckart, saved):
    run = eckart("svd", "[[1,2],[2,1]]", "--hermitian", "-o", "out")
    assert run.code == 0, run.err
    assert "hermitian: the matrix is said to be Hermitian" in run.out
    assert "eigenvalues  3 -1" in run.out
    result = saved("out")
    assert np.allclose(result.report["lambda"], [3, -1], rtol=1e-14)
    assert np.allclose(result.product(), [[1, 2], [2, 1]], atol=1e-14)
    V = result.Vt.conj().T
    assert np.allclose((V * result.report["lambda"]) @ result.Vt, [[1, 2], [2, 1]], atol=1e-14)


def test_complex_hermitian_matrices(eckart, tmp_path):
    X = np.random.default_rng(1).standard_normal((30, 30, 2)) @ [1, 1j]
    A = X + X.conj().T
    np.save(tmp_path / "A.npy", A)
    run = eckart("svd", "A.npy", "--hermitian", "--json")
    assert run.code == 0, run.err
    assert np.allclose(np.sort(run.json["lambda"]), np.linalg.eigvalsh(A), atol=1e-12)
    assert np.allclose(np.abs(run.json["lambda"]), run.json["sigma"], atol=0)


def test_other_runs_do_not_speak_of_eigenvalues(eckart):
    run = eckart("svd", "[[1,2],[2,1]]")
    assert "eigenvalues" not in run.out
    assert "lambda" not in eckart("svd", "[[1,2],[2,1]]", "--json").json


@pytest.mark.parametrize("arguments, words", [
    (["[[1,2],[3,1]]", "--hermitian"], ["entry (1, 2) is 2", "entry (2, 1) is 3"]),
    (["[[1,2,3],[2,1,3]]", "--hermitian"], ["square"]),
    (["[[1,2],[2,1]]", "--hermitian", "--method", "dense"], ["--hermitian", "--method"]),
    (["[[1,2],[2,1]]", "--hermitian", "--accuracy", "relative"], ["--accuracy relative"]),
    (["[[1,2],[2,1]]", "--method", "dense", "--accuracy", "relative"], ["dense", "largest"]),
    (["[[1,2],[2,1]]", "--accuracy", "relatively"], ["--accuracy", "'relatively'"])])
def test_what_does_not_fit_is_refused(eckart, arguments, words):
    run = eckart("svd", *arguments)
    assert run.code == 2 and run.out == "", run.err
    for word in words:
        assert word in run.err


def test_help_and_completion_know_them(eckart):
    text = " ".join(eckart("svd", "--help-all").out.split())
    assert "--hermitian" in text and "relative" in text and "jacobi" in text
    assert "--hermitian" in eckart("completion", "bash").out
