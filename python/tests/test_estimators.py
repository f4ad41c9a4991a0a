"""The estimators against scikit-learn's, up to signs, and under its own checks."""
import pickle
import subprocess
import sys
import textwrap

import eckart
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn.base
import sklearn.decomposition
import sklearn.model_selection
import sklearn.pipeline
from conftest import low_rank
from sklearn.utils.estimator_checks import parametrize_with_checks

ESTIMATORS = [eckart.TruncatedSVD(), eckart.TruncatedSVD(1), eckart.PCA(), eckart.PCA(1, whiten=True),
              eckart.IncrementalPCA(), eckart.IncrementalPCA(1, batch_size=7), eckart.SVD(),
              eckart.SVD(full_matrices=True), eckart.LowRankImage(), eckart.LowRankImage(1)]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture
def data(rng):
    return low_rank(rng, 120, 20, 3.0 * 0.8 ** np.arange(20)) + rng.standard_normal(20)


def signs(ours, theirs):
    """Returns what theirs must be multiplied by, row by row."""
    return np.sign(np.sum(ours * theirs, axis=1))


def assert_same(ours, theirs, names, tolerance=1e-9):
    for name in names:
        mine, other = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert mine.shape == other.shape, name
        assert np.abs(mine - other).max() <= tolerance * max(np.abs(other).max(), 1), name
    flip = signs(ours.components_, theirs.components_)
    assert np.abs(ours.components_ - flip[:, None] * theirs.components_).max() <= tolerance
    return flip


# --- TruncatedSVD -------------------------------------------------------------------------------

@pytest.mark.parametrize("wrap", [np.asarray, scipy.sparse.csr_array, scipy.sparse.csc_matrix])
@pytest.mark.parametrize("algorithm", ["randomized", "arpack"])
def test_truncated_svd_is_that_of_scikit_learn(data, wrap, algorithm):
    X = wrap(np.where(np.abs(data) > 0.3, data, 0))
    ours = eckart.TruncatedSVD(4, algorithm=algorithm)
    theirs = sklearn.decomposition.TruncatedSVD(4, algorithm=algorithm, n_iter=100, random_state=0)
    Z, W = ours.fit_transform(X), theirs.fit_transform(X)
    flip = assert_same(ours, theirs, ["singular_values_", "explained_variance_",
                                      "explained_variance_ratio_"])
    assert np.abs(Z - W * flip).max() <= 1e-8 and np.abs(ours.transform(X) - Z).max() <= 1e-12
    back = theirs.inverse_transform(W)
    assert np.abs(ours.inverse_transform(Z) - back).max() <= 1e-8
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    assert ours.report_.certificate.met and ours.n_components_ == 4


def test_truncated_svd_finds_the_rank_by_need(data):
    s = np.linalg.svd(data, compute_uv=False)
    share = np.cumsum(s**2) / np.sum(s**2)
    assert eckart.TruncatedSVD(energy=0.9).fit(data).n_components_ == np.argmax(share >= 0.9) + 1
    left = np.sqrt(1 - share)
    assert eckart.TruncatedSVD(tolerance=0.2).fit(data).n_components_ == np.argmax(left <= 0.2) + 1


def test_parameters_and_defaults_are_theirs():
    for name in ("TruncatedSVD", "PCA", "IncrementalPCA"):
        ours = getattr(eckart, name)().get_params()
        theirs = getattr(sklearn.decomposition, name)().get_params()
        assert {key: ours[key] for key in theirs} == theirs


@pytest.mark.parametrize("model, message", [
    (eckart.TruncatedSVD(21), "n_components must be from 1 to n_features = 20, got 21"),
    (eckart.TruncatedSVD(0), "n_components"), (eckart.TruncatedSVD(algorithm="magic"), "algorithm"),
    (eckart.TruncatedSVD(n_iter=-1), "n_iter"), (eckart.TruncatedSVD(n_oversamples=0), "n_oversamples"),
    (eckart.TruncatedSVD(power_iteration_normalizer="x"), "power_iteration_normalizer"),
    (eckart.TruncatedSVD(tol=-1.0), "tol"), (eckart.TruncatedSVD(random_state=-1), "random_state"),
    (eckart.TruncatedSVD(threads=0), "threads"),
    (eckart.PCA(21), "n_components must be from 0"), (eckart.PCA("mlk"), "'mlk' is not known"),
    (eckart.PCA("mle", svd_solver="arpack"), "looks at all variances"),
    (eckart.PCA(svd_solver="magic"), "svd_solver"), (eckart.PCA(tol=-1.0), "tol"),
    (eckart.IncrementalPCA(21), "n_components"), (eckart.IncrementalPCA(batch_size=0), "batch_size"),
    (eckart.LowRankImage(0), "n_components"), (eckart.LowRankImage(2, energy=0.5), "each say how many")])
def test_a_mistaken_parameter_is_named_in_fit(data, model, message):
    with pytest.raises(eckart.InvalidArgument, match=message):
        model.fit(data)


def test_tol_and_random_state_matter(rng):
    X = scipy.sparse.random_array((3000, 2000), density=0.01, rng=rng)
    rough = eckart.TruncatedSVD(5, tol=0.05).fit(X)
    other = eckart.TruncatedSVD(5, tol=0.05, random_state=np.random.RandomState(1)).fit(X)
    fine = eckart.TruncatedSVD(5).fit(X)
    assert rough.report_.certificate.residual.value > 1e-9 >= fine.report_.certificate.residual.value
    assert (rough.components_ != other.components_).any()


# --- PCA ----------------------------------------------------------------------------------------

PCA_NAMES = ["singular_values_", "explained_variance_", "explained_variance_ratio_", "mean_",
             "noise_variance_", "n_components_", "n_samples_", "n_features_in_"]


@pytest.mark.parametrize("n_components", [None, 5, 1, 0.9, 20])
@pytest.mark.parametrize("solver", ["auto", "full", "covariance_eigh"])
@pytest.mark.parametrize("whiten", [False, True])
def test_pca_is_that_of_scikit_learn(data, n_components, solver, whiten):
    ours = eckart.PCA(n_components, svd_solver=solver, whiten=whiten)
    theirs = sklearn.decomposition.PCA(n_components, svd_solver="full", whiten=whiten)
    Z, W = ours.fit_transform(data), theirs.fit_transform(data)
    flip = assert_same(ours, theirs, PCA_NAMES, 1e-8)
    assert np.abs(Z - W * flip).max() <= 1e-7 and np.abs(ours.transform(data) - Z).max() <= 1e-8
    assert np.abs(ours.inverse_transform(Z) - theirs.inverse_transform(W)).max() <= 1e-8
    # Of whitened models scikit-learn counts the variances twice: the covariance is none of the data.
    theirs.whiten = False
    assert np.abs(ours.get_covariance() - theirs.get_covariance()).max() <= 1e-9
    assert np.abs(ours.get_precision() / theirs.get_precision() - 1).max() <= 1e-5
    assert np.abs(ours.score_samples(data) - theirs.score_samples(data)).max() <= 1e-6
    assert abs(ours.score(data) - theirs.score(data)) <= 1e-6


@pytest.mark.parametrize("solver", ["auto", "arpack", "randomized", "covariance_eigh"])
def test_pca_of_sparse_data_is_that_of_the_dense(rng, solver):
    X = scipy.sparse.random_array((300, 80), density=0.1, format="csr", rng=rng)
    X.data += 1
    ours = eckart.PCA(4, svd_solver=solver).fit(X)
    theirs = sklearn.decomposition.PCA(4, svd_solver="full").fit(X.toarray())
    flip = assert_same(ours, theirs, PCA_NAMES, 1e-8)
    assert np.abs(ours.transform(X) - theirs.transform(X.toarray()) * flip).max() <= 1e-8
    assert (X.data >= 1).all()


@pytest.mark.parametrize("solver", ["auto", "arpack", "randomized", "covariance_eigh", "full"])
def test_the_solver_is_the_method(data, solver):
    method = eckart.PCA(3, svd_solver=solver).fit(data).report_.method
    assert solver == "auto" or method == eckart.PCA._METHODS[solver]


def test_pca_takes_data_that_scikit_learn_refuses(rng):
    assert eckart.PCA(tolerance=0.5).fit(rng.standard_normal((30, 9))).n_components_ < 9
    constant = eckart.PCA(whiten=True).fit(np.ones((5, 3)))
    assert np.isfinite(constant.transform(np.ones((5, 3)))).all()


@pytest.mark.parametrize("m, n, signals", [(200, 12, 3), (60, 20, 5), (20, 20, 4), (500, 8, 0)])
def test_mle_chooses_what_scikit_learn_does(rng, m, n, signals):
    scales = np.where(np.arange(n) < signals, 4.0 + np.arange(n), 1.0)
    X = rng.standard_normal((m, n)) * scales @ np.linalg.qr(rng.standard_normal((n, n)))[0]
    ours, theirs = eckart.PCA("mle").fit(X), sklearn.decomposition.PCA("mle").fit(X)
    flip = assert_same(ours, theirs, PCA_NAMES, 1e-8)
    Z = eckart.PCA("mle").fit_transform(X)
    assert np.abs(Z - theirs.transform(X) * flip).max() <= 1e-7
    assert signals == 0 or ours.n_components_ == signals
    with pytest.raises(ValueError, match="at least as many rows as columns"):
        eckart.PCA("mle").fit(X[:n - 1])


# --- IncrementalPCA -----------------------------------------------------------------------------

def test_incremental_pca_is_that_of_scikit_learn(data):
    for options in ({"n_components": 4, "batch_size": 30}, {"batch_size": 40}, {"n_components": 3},
                    {"n_components": 4, "batch_size": 30, "whiten": True}):
        ours = eckart.IncrementalPCA(**options).fit(data)
        theirs = sklearn.decomposition.IncrementalPCA(**options).fit(data)
        flip = assert_same(ours, theirs, ["singular_values_", "explained_variance_", "mean_", "var_",
                                          "explained_variance_ratio_", "n_samples_seen_",
                                          "n_components_", "batch_size_"], 1e-8)
        assert np.abs(ours.transform(data) - theirs.transform(data) * flip).max() <= 1e-7
        # scikit-learn's counts what the last batch left out alone.
        rest = data.var(axis=0, ddof=1).sum() - ours.explained_variance_.sum()
        left_out = 20 - ours.n_components_
        assert abs(ours.noise_variance_ - (rest / left_out if left_out else 0)) <= 1e-12


@pytest.mark.parametrize("sizes", [[1] * 60, [1, 59], [59, 1], [7] * 8 + [4], [60], [3, 1, 40, 16]])
@pytest.mark.parametrize("sparse", [False, True])
def test_batches_of_any_size_add_up(rng, sizes, sparse):
    X = low_rank(rng, 60, 12, [8, 5, 3]) + rng.standard_normal(12)  # rank 3 beside the mean
    X = np.where(np.abs(X) > 0.2, X, 0)
    model, first = eckart.IncrementalPCA(12), 0
    for size in sizes:
        batch = X[first:first + size]
        model.partial_fit(scipy.sparse.csr_array(batch) if sparse else batch)
        first += size
        assert model.components_.shape == (min(12, first), 12) and model.n_samples_seen_ == first
    whole = sklearn.decomposition.PCA(12, svd_solver="full").fit(X)
    assert np.abs(model.singular_values_ - whole.singular_values_).max() <= 1e-9
    assert np.abs(model.mean_ - X.mean(0)).max() <= 1e-12
    assert np.abs(model.var_ - X.var(0)).max() <= 1e-12
    Q, P = model.components_[:5], whole.components_[:5]
    assert np.abs(Q.T @ Q - P.T @ P).max() <= 1e-7


def test_a_new_fit_forgets_the_old(data):
    model = eckart.IncrementalPCA(3).partial_fit(data[:50] + 100)
    assert np.abs(model.fit(data).mean_ - data.mean(0)).max() <= 1e-12


# --- SVD and LowRankImage -----------------------------------------------------------------------

def test_svd_has_the_names_of_courses(rng):
    A = rng.standard_normal((9, 5))
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    model = eckart.SVD(full_matrices=False).fit(A)
    assert np.abs((model.U_ * model.singular_values_) @ model.Vt_ - A).max() <= 1e-13
    assert np.abs(model.s_ - s).max() <= 1e-13
    Z = model.transform(A)
    assert np.abs(np.abs(Z) - np.abs(U * s)).max() <= 1e-13
    assert np.abs(model.inverse_transform(Z) - A).max() <= 1e-13
    two = model.low_rank_approximation(A, 2)
    assert np.abs(two - (U[:, :2] * s[:2]) @ Vt[:2]).max() <= 1e-13
    assert np.abs(model.explained_variance_ratio() - s**2 / np.sum(s**2)).max() <= 1e-13
    assert abs(model.condition_number() / np.linalg.cond(A) - 1) <= 1e-12
    assert np.abs(model.pseudoinverse(A) - np.linalg.pinv(A)).max() <= 1e-13
    assert eckart.SVD().fit(np.zeros((3, 2))).condition_number() == np.inf
    full = eckart.SVD(full_matrices=True).fit(A)
    assert full.U_.shape == (9, 9) and full.Vt_.shape == (5, 5)


@pytest.mark.parametrize("channels", [None, 3])
def test_an_image_is_kept_by_few_triplets(rng, channels):
    shape = (40, 30) if channels is None else (40, 30, channels)
    image = np.clip(rng.normal(128, 40, shape), 0, 255).astype(np.uint8)
    planes = image.reshape(40, 30, -1).astype(float)
    model = eckart.LowRankImage(5).fit(image)
    assert model.ranks_ == [5] * planes.shape[2]
    expected = np.empty_like(planes)
    for channel in range(planes.shape[2]):
        U, s, Vt = np.linalg.svd(planes[:, :, channel], full_matrices=False)
        expected[:, :, channel] = (U[:, :5] * s[:5]) @ Vt[:5]
    rounded = np.clip(np.rint(expected), 0, 255)
    back = model.reconstruct()
    assert back.dtype == np.uint8 and back.shape == image.shape
    assert (back.reshape(planes.shape) == rounded).all()
    psnr = 10 * np.log10(255**2 / np.mean((rounded - planes) ** 2))
    assert abs(model.psnr_ - psnr) <= 1e-9
    assert model.numbers_ratio_ == 40 * 30 / (5 * 71)
    assert (model.inverse_transform(model.transform(image)) == back).all()
    assert (model.inverse_transform(model.fit_transform(image)) == back).all()
    assert eckart.LowRankImage(30).fit(image).psnr_ == np.inf
    assert (model.reconstruct(0) == 0).all()
    more, less = (eckart.LowRankImage(energy=p).fit(image).ranks_[0] for p in (0.999, 0.9))
    assert more > less


def test_an_image_of_other_channels_is_refused(rng):
    model = eckart.LowRankImage(2).fit(rng.random((10, 8, 3)))
    with pytest.raises(eckart.InvalidArgument, match="channels"):
        model.transform(rng.random((10, 8, 4)))


# --- guests of scikit-learn ---------------------------------------------------------------------

MODELS = [eckart.TruncatedSVD(3), eckart.PCA(3), eckart.IncrementalPCA(3), eckart.SVD(),
          eckart.LowRankImage(3)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_models_are_cloned_pickled_and_named(data, model):
    fitted = sklearn.base.clone(model).fit(data)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.transform(data) == fitted.transform(data)).all()
    assert again.report_.to_dict() == fitted.report_.to_dict()
    frame = pd.DataFrame(data, columns=[f"x{at}" for at in range(20)])
    named = sklearn.base.clone(model).set_output(transform="pandas").fit(frame)
    out = named.transform(frame)
    assert list(out.columns) == list(named.get_feature_names_out()) and out.shape[0] == 120
    assert list(named.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        named.transform(frame.rename(columns={"x0": "y0"}))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_the_precision_stays(data, model, dtype):
    fitted = sklearn.base.clone(model).fit(data.astype(dtype))
    Z = fitted.transform(data.astype(dtype))
    assert Z.dtype == dtype and fitted.components_.dtype == dtype
    assert fitted.inverse_transform(Z).dtype == dtype


@pytest.mark.parametrize("model", MODELS[:3], ids=lambda model: type(model).__name__)
def test_models_work_in_pipelines_and_searches(rng, model):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    X = rng.standard_normal((90, 8)) * [1, 1, 1, 1, 1, 1, 1, 0.01]
    y = X.sum(axis=1) > 0
    steps = sklearn.pipeline.make_pipeline(StandardScaler(), sklearn.base.clone(model),
                                           LogisticRegression())
    name = type(model).__name__.lower() + "__n_components"
    search = sklearn.model_selection.GridSearchCV(steps, {name: [1, 7]}, cv=3).fit(X, y)
    assert search.best_params_[name] == 7 and search.best_score_ > 0.8


def test_estimators_work_without_scikit_learn():
    program = """
        import sys
        sys.modules["sklearn"] = None
        import numpy as np, eckart
        X = np.random.default_rng(0).standard_normal((30, 6))
        for model in (eckart.TruncatedSVD(2), eckart.PCA(2), eckart.IncrementalPCA(2, batch_size=9),
                      eckart.SVD(), eckart.LowRankImage(2)):
            Z = model.fit_transform(X)
            assert model.inverse_transform(model.transform(X)).shape == X.shape
            assert len(model.get_feature_names_out()) == Z.shape[1]
            assert model.set_params(threads=1).get_params()["threads"] == 1
            assert "threads=1" in repr(model)
            try:
                model.transform(X[:, :4])
            except ValueError as error:
                assert "4 features" in str(error) or "channels" in str(error)
            else:
                raise SystemExit("no error")
        try:
            eckart.PCA().transform(X)
        except ValueError as error:
            assert "not fitted" in str(error)
        print("sklearn.base" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True,
                          text=True)
    assert done.returncode == 0 and done.stdout == "False\n", done.stderr
