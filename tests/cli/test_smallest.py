"""The smallest triplets and those nearest to a value: svd --smallest, --target."""
import numpy as np
import pytest
from scipy import io, sparse


@pytest.fixture
def chain(tmp_path):
    """Differences along a path of n + 1 points: singular values 2 cos(i pi / 2(n + 1)), i = 1..n."""
    def write(n):
        A = sparse.diags([np.ones(n), -np.ones(n)], [0, -1], shape=(n + 1, n), format="coo")
        io.mmwrite(tmp_path / "A.mtx", A)
        return 2 * np.cos(np.arange(1, n + 1) * np.pi / (2 * (n + 1)))
    return write


def test_the_smallest_of_a_sparse_matrix_come_from_a_factorization(eckart, saved, chain):
    sigma = chain(1500)
    run = eckart("svd", "A.mtx", "-k", "4", "--smallest", "-o", "out")
    assert run.code == 0, run.err
    result = saved("out")
    assert result.report["method"] == "smallest" and "QR" in result.report["why"]
    assert result.report["smallest"] is True and result.report["certificate"]["met"] is True
    np.testing.assert_allclose(result.s, sigma[-4:], rtol=0, atol=1e-12)
    # A sine wave, up to the sign rule.
    v = np.sin(np.arange(1, 1501) * np.pi / 1501)
    assert abs(abs(result.Vt[-1] @ v) / np.linalg.norm(v) - 1) <= 1e-9
    assert eckart("check", "A.mtx", "out", "--any-triplets").code == 0
    assert eckart("check", "A.mtx", "out").code == 1  # they are not the leading ones


@pytest.mark.parametrize("n", [40, 1500])
def test_the_nearest_to_a_target(eckart, chain, n):
    sigma = chain(n)
    run = eckart("svd", "A.mtx", "-k", "5", "--target", "0.9", "--json")
    assert run.code == 0, run.err
    assert run.json["target"] == 0.9 and run.json["smallest"] is False
    nearest = np.sort(sigma[np.argsort(abs(sigma - 0.9))[:5]])[::-1]
    np.testing.assert_allclose(run.json["sigma"], nearest, rtol=0, atol=1e-11)


def test_no_approximation_comes_from_triplets_near_a_target(eckart, chain):
    chain(40)
    assert eckart("svd", "A.mtx", "-k", "2", "--target", "1", "-o", "near").code == 0
    run = eckart("lowrank", "near", "-k", "1", "-o", "B.npy")
    assert run.code == 2 and "--target" in run.err


def test_values_that_rounding_makes_are_called_so(eckart, tmp_path):
    circle = sparse.eye(900) - sparse.eye(900, k=1) - sparse.eye(900, k=-899)
    io.mmwrite(tmp_path / "C.mtx", circle)
    run = eckart("svd", "C.mtx", "-k", "2", "--smallest")
    assert run.code == 0, run.err
    assert "1 of 2 singular values are no larger than rounding makes of a zero" in run.out + run.err


def test_the_plan_names_the_method(eckart, chain):
    chain(3000)
    for wish in (["--smallest"], ["--target", "1.5"]):
        plan = eckart("svd", "A.mtx", "-k", "3", *wish, "--plan", "--json").json
        assert plan["method"] == "smallest"


@pytest.mark.parametrize("target", ["-1", "nan", "inf", "x", ""])
def test_a_target_is_a_number_from_zero_on(eckart, chain, target):
    chain(10)
    run = eckart("svd", "A.mtx", "-k", "1", "--target", target)
    assert run.code == 2 and "--target" in run.err


def test_a_target_needs_a_count_and_excludes_smallest(eckart, chain):
    chain(10)
    run = eckart("svd", "A.mtx", "--target", "1")
    assert run.code == 2 and "-k" in run.err
    run = eckart("svd", "A.mtx", "-k", "1", "--target", "1", "--smallest")
    assert run.code == 2 and "--smallest" in run.err and "--target" in run.err
