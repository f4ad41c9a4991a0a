"""eckart check: certifies what any tool made, and says when it is wrong."""
import numpy as np
import pytest
from conftest import geometric


@pytest.fixture
def factors(tmp_path):
    """Saves a matrix and NumPy's SVD of it, changed by the caller."""

    def save(change=lambda U, s, Vt: (U, s, Vt), rank=None, dtype=np.float64, factor_dtype=None):
        A = geometric(30, 20, dtype)
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
        if rank:
            U, s, Vt = U[:, :rank], s[:rank], Vt[:rank]
        U, s, Vt = change(U.copy(), s.copy(), Vt.copy())
        np.save(tmp_path / "A.npy", A)
        for name, array in (("U", U), ("s", s), ("Vt", Vt)):
            np.save(tmp_path / f"{name}.npy", array.astype(factor_dtype) if factor_dtype else array)

    return save


FILES = ("check", "A.npy", "--u", "U.npy", "--s", "s.npy", "--vt", "Vt.npy")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_numpys_result_is_certified(eckart, factors, dtype):
    factors(dtype=dtype)
    run = eckart(*FILES)
    assert run.code == 0, run.out + run.err
    assert "asked: met" in run.out


def test_a_truncated_result_is_certified(eckart, factors):
    factors(rank=5)
    run = eckart(*FILES, "--json")
    assert run.code == 0
    assert len(run.json["certificate"]["residuals"]) == 5


def test_a_wrong_vector_is_named(eckart, factors):
    def swap_sign(U, s, Vt):
        U[:, 2] = -U[:, 2]
        return U, s, Vt

    factors(swap_sign)
    run = eckart(*FILES)
    assert run.code == 1
    assert "NOT met" in run.out
    lines = run.out[run.out.index("triplets that fail: 1 of 20"):].splitlines()
    assert lines[2].split()[0] == "3"


def test_a_wrong_value_is_found(eckart, factors):
    def enlarge(U, s, Vt):
        s[0] *= 1 + 1e-6
        return U, s, Vt

    factors(enlarge)
    assert eckart(*FILES).code == 1
    assert eckart(*FILES, "--accuracy", "1e-5").code == 0


def test_vectors_that_are_not_orthonormal_are_found(eckart, factors):
    factors(lambda U, s, Vt: (U * (1 + 1e-6), s, Vt))
    assert eckart(*FILES).code == 1


def test_a_missed_triplet_is_found_although_every_residual_is_tiny(eckart, factors):
    factors(lambda U, s, Vt: (U[:, 1:6], s[1:6], Vt[1:6]))
    run = eckart(*FILES, "--json")
    assert run.code == 1
    assert max(run.json["certificate"]["residuals"]) <= 1e-12
    assert any("missing" in finding for finding in run.json["certificate"]["findings"])
    assert eckart(*FILES, "--any-triplets").code == 0


def test_single_precision_factors_are_judged_as_such_and_it_says_so(eckart, factors):
    factors(factor_dtype=np.float32)
    run = eckart(*FILES)
    assert run.code == 0, run.out
    assert "single" in run.out
    assert eckart(*FILES, "--accuracy", "1e-10").code == 1


def test_a_result_folder_is_certified(eckart, matrix):
    name = matrix()
    assert eckart("svd", name, "-k", "4", "-o", "out").code == 0
    assert eckart("check", name, "out").code == 0
    other = matrix(name="B.npy", seed=2)
    assert eckart("check", other, "out").code == 1


def test_the_result_of_centred_columns_belongs_to_the_centred_matrix(eckart, matrix):
    name = matrix()
    assert eckart("svd", name, "--center", "-o", "out").code == 0
    assert eckart("check", name, "out", "--center").code == 0
    assert eckart("check", name, "out").code == 1


@pytest.mark.parametrize("dtype", [np.float64, np.complex64])
def test_square_factors_are_checked_by_their_leading_vectors(eckart, factors, tmp_path, dtype):
    factors(dtype=dtype)
    for name, A in (("A.npy", geometric(30, 20, dtype)), ("B.npy", geometric(20, 30, dtype))):
        np.save(tmp_path / name, A)
        U, s, Vt = np.linalg.svd(A)
        for factor, array in (("U", U), ("s", s), ("Vt", Vt)):
            np.save(tmp_path / f"{factor}.npy", array)
        run = eckart("check", name, *FILES[2:])
        assert run.code == 0, run.out + run.err
        assert "leading 20" in run.out
        np.save(tmp_path / "U.npy", U[:, ::-1])
        assert eckart("check", name, *FILES[2:]).code == 1
    assert eckart("svd", "A.npy", "--full", "-o", "out").code == 0
    assert eckart("check", "A.npy", "out").code == 0


def test_shapes_that_do_not_fit_are_named(eckart, factors):
    factors(lambda U, s, Vt: (U, s, Vt[:, :-1]))
    run = eckart(*FILES)
    assert run.code == 3 and run.out == ""
    assert "Vt.npy" in run.err
    factors(lambda U, s, Vt: (U[:-1], s, Vt))
    run = eckart(*FILES)
    assert run.code == 3 and "U.npy" in run.err and "29 x 20" in run.err and "30 x 20" in run.err


def test_v_in_place_of_its_transpose_is_recognised(eckart, factors):
    factors(lambda U, s, Vt: (U, s, Vt.T), rank=5)
    run = eckart(*FILES)
    assert run.code == 3 and "transpose" in run.err
