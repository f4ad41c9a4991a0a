"""Recommendations in Python: against definitions, and against the program bit for bit."""
import pickle

import eckart
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn.base
import sklearn.model_selection
from sklearn.utils.estimator_checks import parametrize_with_checks

METHODS = ["svd", "svd++", "als", "implicit-als", "pure-svd"]


@parametrize_with_checks([eckart.SVDRecommender(), eckart.SVDRecommender(2, method="als"),
                          eckart.SVDRecommender(1, method="pure-svd")])
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture
def ratings(rng):
    """40 users by 25 items: two tastes, stars from 1 to 5, half of them not given."""
    taste = np.where(np.arange(40)[:, None] % 2 == np.arange(25) % 2, 1.5, -1.5)
    stars = np.clip(np.rint(3 + taste + 0.5 * rng.standard_normal((40, 25))), 1, 5)
    return np.where(rng.random((40, 25)) < 0.5, stars, np.nan)


def triples_of(ratings):
    return [(f"u{u}", f"i{i}", float(ratings[u, i]))
            for u, i in zip(*np.nonzero(~np.isnan(ratings)))]


@pytest.mark.parametrize("method", METHODS)
def test_tastes_are_found(ratings, method):
    model = eckart.SVDRecommender(4, method=method, random_state=1)
    if method == "pure-svd":
        ratings = np.where(ratings >= 4, ratings, np.nan)  # what was rated at all is what counts
    if method == "implicit-als":
        ratings = np.where(ratings >= 4, ratings, np.nan)
    model.fit(ratings)
    for user in range(40):
        found = [item for item, score in model.recommend(user, n_items=3)]
        assert len(found) == 3 and all(np.isnan(ratings[user, item]) for item in found)
        assert sum(item % 2 == user % 2 for item in found) >= 2
        scores = [score for item, score in model.recommend(user, n_items=25, exclude_rated=False)]
        assert len(scores) == 25
        assert all(score == model.predict(user, item)
                   for item, score in model.recommend(user, n_items=2)) or method in METHODS[3:]
    alike = model.similar_items(2, n=5)
    assert len(alike) == 5 and 2 not in dict(alike) and all(item % 2 == 0 for item, _ in alike)
    assert [cosine for _, cosine in alike] == sorted((c for _, c in alike), reverse=True)
    assert all(user % 2 == 1 for user, _ in model.similar_users(3, n=5))


def test_predictions_are_what_the_model_says(ratings):
    model = eckart.SVDRecommender(5).fit(ratings)
    whole = (model.mean_ + model.user_bias_[:, None] + model.item_bias_
             + model.user_factors_ @ model.item_factors_.T)
    whole = np.clip(whole, *model.scale_)
    users, items = np.indices((40, 25))
    assert np.abs(model.predict(users, items) - whole).max() <= 1e-5
    assert model.predict(3, 7) == model.predict(users, items)[3, 7] and model.scale_ == (1, 5)
    assert isinstance(model.predict(3, 7), float)
    # Of someone unknown the mean and the bias of the item count.
    stranger = np.clip(model.mean_ + model.item_bias_[7], 1, 5)
    assert abs(model.predict("nobody", 7) - stranger) <= 1e-6
    assert abs(model.predict("nobody", "nothing") - model.mean_) <= 1e-6
    assert model.user_factors_.shape == (40, 5) and model.n_factors_ == 5
    assert abs(model.mean_ - np.nanmean(ratings)) <= 1e-12


def test_every_form_of_ratings_gives_the_same_model(ratings):
    dense = eckart.SVDRecommender(3).fit(ratings)
    mask = ~np.isnan(ratings)
    rows, cols = np.nonzero(mask)
    sparse = scipy.sparse.coo_array((ratings[mask], (rows, cols)), shape=ratings.shape)
    users, items = np.indices(ratings.shape)
    expected = dense.predict(users, items)
    for form in (sparse.tocsr(), sparse.tocsc(), sparse.tocsc().astype(np.float32)):
        assert (eckart.SVDRecommender(3).fit(form).predict(users, items) == expected).all()
    triples = triples_of(ratings)
    models = [eckart.SVDRecommender(3).fit(form) for form in (
        triples, tuple(zip(*triples)), pd.DataFrame(triples, columns=["user", "item", "rating"]))]
    for model in models:
        assert model.users_[:2] == ["u0", "u1"] and sorted(model.items_) == sorted(
            f"i{i}" for i in range(25))
        assert model.user_factors_.tobytes() == models[0].user_factors_.tobytes()
    frame = pd.DataFrame(ratings, index=[f"u{u}" for u in range(40)],
                         columns=[f"i{i}" for i in range(25)])
    named = eckart.SVDRecommender(3).fit(frame)
    assert named.predict("u3", "i7") == dense.predict(3, 7)
    assert list(named.feature_names_in_) == named.items_ == list(frame.columns)
    # Numbers are labels like any other.
    assert eckart.SVDRecommender(2).fit([(7, 40, 5.0), (8, 40, 1.0)]).users_ == [7, 8]


def test_new_users_are_folded_in(ratings):
    model = eckart.SVDRecommender(4, n_epochs=40).fit(ratings)
    Z = model.transform(ratings)
    assert Z.shape == (40, 4) and Z.dtype == np.float64
    whole = model.complete(ratings)
    known = ~np.isnan(ratings)
    assert (whole[known] == ratings[known]).all() and np.isfinite(whole).all()
    taste = np.arange(40)[:, None] % 2 == np.arange(25) % 2
    assert whole[taste & ~known].mean() > 3.8 and whole[~taste & ~known].mean() < 2.2
    best = model.predict(ratings)
    assert (best == np.argmax(np.where(known, -np.inf, whole), axis=1)).all()
    # Rows do not know of one another.
    assert (model.complete(ratings[5:6]) == whole[5:6]).all()
    nobody = model.complete(np.full((1, 25), np.nan))
    assert np.abs(nobody - np.clip(model.mean_ + model.item_bias_, 1, 5)).max() <= 1e-5
    odd = known & (np.cumsum(known, axis=1) % 2 == 0)
    hidden = model.complete(np.where(odd, np.nan, ratings))[odd] - ratings[odd]
    assert abs(model.score(ratings) + np.sqrt(np.mean(hidden**2))) <= 1e-9
    with pytest.raises(ValueError, match="24 features"):
        model.transform(ratings[:, :24])


def test_pure_svd_is_the_truncated_svd(ratings):
    filled = np.where(np.isnan(ratings), 0.0, 1.0)
    model = eckart.SVDRecommender(3, method="pure-svd").fit(ratings)
    U, s, Vt = np.linalg.svd(filled, full_matrices=False)
    blank = np.isnan(ratings)
    assert np.abs((model.complete(ratings) - filled @ Vt[:3].T @ Vt[:3])[blank]).max() <= 1e-5
    users, items = np.indices(ratings.shape)
    assert np.abs(model.predict(users, items) - (U[:, :3] * s[:3]) @ Vt[:3]).max() <= 1e-5


def test_every_option_matters(ratings):
    def fitted(**options):
        return eckart.SVDRecommender(**{"n_factors": 3, **options}).fit(ratings).user_factors_

    base = fitted()
    assert fitted(n_factors=4).shape[1] == 4
    for options in ({"regularization": 0.5}, {"n_epochs": 3}, {"learning_rate": 0.01},
                    {"random_state": 3}, {"method": "als"}):
        assert (fitted(**options) != base).any(), options
    assert (fitted(threads=1) == base).all() and (fitted(threads=3) == base).all()
    assert np.abs(fitted(regularization=5.0)).max() < np.abs(base).max()


@pytest.mark.parametrize("model, message", [
    (eckart.SVDRecommender(0), "n_factors"), (eckart.SVDRecommender(n_epochs=0), "n_epochs"),
    (eckart.SVDRecommender(regularization=-1.0), "regularization"),
    (eckart.SVDRecommender(learning_rate=0.0), "rate"), (eckart.SVDRecommender(method="x"), "'x'"),
    (eckart.SVDRecommender(method="als", learning_rate=0.1), "als has no learning_rate"),
    (eckart.SVDRecommender(1, method="pure-svd", n_epochs=3), "pure-svd has no n_epochs"),
    (eckart.SVDRecommender(1, 0.1, method="pure-svd"), "pure-svd has no regularization"),
    (eckart.SVDRecommender(300), "rank"), (eckart.SVDRecommender(random_state=-1), "random_state")])
def test_a_mistaken_parameter_is_named(ratings, model, message):
    with pytest.raises(eckart.InvalidArgument, match=message):
        model.fit(ratings)


def test_mistaken_ratings_are_named(ratings):
    fit = eckart.SVDRecommender(2).fit
    with pytest.raises(ValueError, match="no rating to learn from"):
        fit(np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="rating 1 is .*expected .user, item, rating"):
        fit([("a", "b", 1.0), ("a", "b")])
    with pytest.raises(TypeError, match="must be numbers"):
        fit([("a", "b", "good")])
    with pytest.raises(eckart.NonFiniteInput, match="rating 1 is nan"):
        fit([("a", "b", 1.0), ("a", "c", np.nan)])
    with pytest.raises(ValueError, match="2 users, 2 items and 1 ratings"):
        fit((["a", "b"], ["c", "d"], [1.0]))
    with pytest.raises(ValueError, match="infinity"):
        fit(np.where(np.isnan(ratings), np.inf, ratings))
    model = fit(ratings)
    with pytest.raises(ValueError, match="40 is no user of the model, which knows 40"):
        model.recommend(40)
    with pytest.raises(ValueError, match="'x' is no item"):
        model.similar_items("x")
    with pytest.raises(ValueError, match="not fitted"):
        eckart.SVDRecommender().predict(0, 0)
    with pytest.raises(ValueError, match="triples name their users"):
        model.transform([("a", "b", 1.0)])
    with pytest.raises(ValueError, match="nothing to predict"):
        model.score(np.where(np.arange(25) == 3, ratings[:1] * 0 + 4, np.nan))


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_that_of_the_program_bit_for_bit(ratings, method, cli, tmp_path):
    triples = triples_of(ratings)
    (tmp_path / "r.csv").write_text("".join(f"{u},{i},{r:g}\n" for u, i, r in triples))
    options = [] if method == "pure-svd" else ["--regularization", 0.05]
    theirs, mine = tmp_path / "theirs.safetensors", tmp_path / "mine.safetensors"
    cli("recommend", "fit", tmp_path / "r.csv", "--method", method, "--rank", 3, "--seed", 5, *options,
        "-o", theirs)
    model = eckart.SVDRecommender(3, 0.05 if options else None, method=method,
                                  random_state=5).fit(triples)
    model.save(mine)
    assert mine.read_bytes() == theirs.read_bytes()
    loaded = eckart.SVDRecommender.load(theirs)
    assert loaded.users_ == model.users_ and loaded.method == method
    assert loaded.recommend("u3") == model.recommend("u3")
    listed = cli("recommend", "top", mine, "--user", "u3", "-n", 3, "--json").stdout
    assert all(f'"{item}"' in listed for item, _ in model.recommend("u3", n_items=3))


def test_numbers_come_back_from_a_file_as_numbers(ratings, tmp_path):
    model = eckart.SVDRecommender(2).fit(ratings)
    model.save(tmp_path / "m")
    assert eckart.SVDRecommender.load(tmp_path / "m").items_ == list(range(25))
    names = [("007", "a b", 5.0), ("7", "10", 4.0), ("x", "10", 1.0)]
    eckart.SVDRecommender(2).fit(names).save(tmp_path / "n")
    loaded = eckart.SVDRecommender.load(tmp_path / "n")
    assert loaded.users_ == ["007", 7, "x"] and loaded.items_ == ["a b", 10]
    with pytest.raises(eckart.FileError):
        eckart.SVDRecommender.load(__file__)


def test_models_are_cloned_pickled_and_named(ratings):
    model = eckart.SVDRecommender(3, 0.1).fit(ratings)
    again = pickle.loads(pickle.dumps(model))
    assert again.recommend(3) == model.recommend(3)
    assert (again.complete(ratings) == model.complete(ratings)).all()
    assert sklearn.base.clone(model).get_params() == model.get_params()
    named = sklearn.base.clone(model).set_output(transform="pandas").fit(ratings)
    assert list(named.transform(ratings).columns) == [f"svdrecommender{k}" for k in range(3)]


def test_the_score_of_an_order_is_the_share_of_pairs_in_it(ratings):
    liked = np.where(ratings >= 4, ratings, np.nan)
    triples = triples_of(liked)
    for method in ("implicit-als", "pure-svd"):
        model = eckart.SVDRecommender(2, method=method).fit(liked)
        assert 0.75 < model.score(liked) < 1
        named = eckart.SVDRecommender(2, method=method).fit(triples)
        table = named.predict(np.array(named.users_)[:, None], named.items_)
        hidden = ~np.isnan(liked[[int(u[1:]) for u in named.users_]][:, [int(i[1:]) for i in named.items_]])
        expected = np.mean([np.mean(row[h][:, None] > row[~h]) for row, h in zip(table, hidden)])
        assert abs(named.score(triples) - expected) <= 1e-3


def test_models_work_in_pipelines_and_searches(ratings):
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline

    groups = make_pipeline(eckart.SVDRecommender(2, n_epochs=50), KMeans(2, n_init=5, random_state=0))
    found = groups.fit_predict(ratings)
    assert (found == found[0]).sum() == 20 and len(set(found[::2])) == 1
    grid = {"regularization": [0.05, 50.0]}
    for form, cv in ((triples_of(ratings), 3), (ratings, 2)):
        search = sklearn.model_selection.GridSearchCV(
            eckart.SVDRecommender(3), grid,
            cv=sklearn.model_selection.KFold(cv, shuffle=True, random_state=0)).fit(form)
        assert search.best_params_["regularization"] == 0.05 and search.best_score_ > -1
