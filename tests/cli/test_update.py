"""Saved SVDs that grow."""
import numpy as np
import pytest


def low_rank(rows, cols, rank=6, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, rank)) @ rng.standard_normal((rank, cols))


@pytest.fixture
def model(eckart, tmp_path):
    A = low_rank(80, 30)
    np.save(tmp_path / "first.npy", A[:50])
    np.save(tmp_path / "more.npy", A[50:])
    assert eckart("svd", "first.npy", "-k", "6", "-o", "model").code == 0
    return A


def test_rows_come_as_if_they_had_been_there(eckart, saved, model):
    run = eckart("update", "model", "--rows", "more.npy", "-o", "now", "--json")
    assert run.code == 0, run.err
    assert run.json["rows"] == 80 and run.json["drift"] < 1e-12
    now = saved("now")
    assert np.allclose(now.product(), model, atol=1e-11)
    assert np.allclose(now.s, np.linalg.svd(model, compute_uv=False)[:6], rtol=1e-12)


def test_columns_merge_and_removal(eckart, saved, tmp_path, model):
    np.save(tmp_path / "wide.npy", low_rank(50, 4, 2, 5))
    run = eckart("update", "model", "--cols", "wide.npy", "-k", "8", "-o", "wider")
    assert run.code == 0, run.err
    both = np.hstack([model[:50], np.load(tmp_path / "wide.npy")])
    assert np.allclose(saved("wider").product(), both, atol=1e-11)
    assert eckart("svd", "more.npy", "-k", "6", "-o", "second").code == 0
    assert eckart("update", "model", "--merge", "second", "-o", "both").code == 0
    assert np.allclose(saved("both").product(), model, atol=1e-11)
    assert eckart("update", "both", "--remove-rows", "1-50", "-o", "rest").code == 0
    assert np.allclose(saved("rest").product(), model[50:], atol=1e-11)


def test_forgetting_weighs_the_rows(eckart, saved, model):
    assert eckart("update", "model", "--rows", "more.npy", "--forget", "25%", "-o", "now").code == 0
    weighted = np.vstack([0.5 * model[:50], model[50:]])
    assert np.allclose(saved("now").s, np.linalg.svd(weighted, compute_uv=False)[:6], rtol=1e-12)


def test_scaled_models_scale_what_comes_and_sparse_rows_are_taken(eckart, saved, tmp_path, model):
    assert eckart("svd", "first.npy", "-k", "6", "--scale", "-o", "scaled").code == 0
    (tmp_path / "one.mtx").write_text("%%MatrixMarket matrix coordinate real general\n"
                                      "2 30 2\n1 3 2.5\n2 30 -1\n")
    run = eckart("update", "scaled", "--rows", "one.mtx", "-k", "8", "-o", "now")
    assert run.code == 0, run.err
    rows = np.zeros((2, 30))
    rows[0, 2], rows[1, 29] = 2.5, -1
    divisor = model[:50].std(0, ddof=1)
    assert np.allclose(saved("now").product(), np.vstack([model[:50], rows]) / divisor, atol=1e-10)


def test_a_result_replaces_itself_only_with_force(eckart, saved, model):
    assert eckart("update", "model", "--rows", "more.npy", "-o", "model").code == 2
    assert eckart("update", "model", "--rows", "more.npy", "-o", "model", "--force").code == 0
    assert saved("model").U.shape == (80, 6)


@pytest.mark.parametrize("arguments, code, words", [
    ([], 2, ["--rows", "--cols", "--merge"]),
    (["--rows", "more.npy", "--cols", "more.npy"], 2, ["one of"]),
    (["--cols", "more.npy", "--forget", "0.5"], 2, ["--forget"]),
    (["--rows", "first.csv"], 3, ["first.csv", "no such file"]),
    (["--rows", "narrow.npy"], 2, ["narrow.npy", "4 entries", "have 30"]),
    (["--cols", "narrow.npy"], 2, ["narrow.npy", "3 entries", "have 50"]),
    (["--remove-rows", "9-3"], 2, ["--remove-rows", "1-100"]),
    (["--remove-rows", "40-60"], 2, ["--remove-rows", "row 60", "50 rows of model", "1 to 50"]),
    (["--remove-rows", "99999"], 2, ["row 99,999", "1 to 50"]),
])
def test_mistakes(eckart, tmp_path, model, arguments, code, words):
    np.save(tmp_path / "narrow.npy", np.ones((3, 4)))
    run = eckart("update", "model", *arguments, "-o", "out")
    assert run.code == code and all(word in run.err for word in words), run.err


def test_centred_models_are_refused(eckart, model):
    assert eckart("svd", "first.npy", "-k", "6", "--center", "-o", "centred").code == 0
    run = eckart("update", "centred", "--rows", "more.npy", "-o", "out")
    assert run.code == 2 and "centred" in run.err
