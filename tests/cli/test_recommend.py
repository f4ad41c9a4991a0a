"""eckart recommend, as its users meet it."""
import csv
import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
METHODS = ["svd", "svd++", "als", "implicit-als", "pure-svd", "ease", "baseline", "surprise-svd",
           "surprise-svd++"]
RATED = {"svd", "svd++", "als", "baseline", "surprise-svd", "surprise-svd++"}


@pytest.fixture
def ratings(tmp_path):
    """Two groups of users, each with a group of items that they like and mostly rate."""
    random = np.random.default_rng(1)
    lines = ["user,item,rating,time"]
    for u in range(120):
        for i in range(60):
            liked = (u % 2) == (i % 2)
            if random.random() < (0.55 if liked else 0.2) or u == i:
                value = 4.5 if liked else 1.5
                lines.append(f"u{u:03},{i:04},{value + random.choice([-0.5, 0, 0.5])},{random.integers(1000)}")
    (tmp_path / "ratings.csv").write_text("\n".join(lines) + "\n")
    return "ratings.csv"


@pytest.fixture
def model(eckart, ratings):
    def fit(*options, name="model.safetensors"):
        run = eckart("recommend", "fit", ratings, "-o", name, *options)
        assert run.code == 0, run.err
        return name
    return fit


@pytest.mark.parametrize("method", METHODS)
def test_every_method_fits_and_answers(eckart, model, method):
    size = ["-k", "2"] if method not in ("ease", "baseline") else []
    steps = ["--epochs", "200", "--rate", "0.02"] if method.startswith("surprise") else []
    name = model("--method", method, *size, *steps)
    top = eckart("recommend", "top", name, "--user", "u002", "-n", "3", "--json")
    assert top.code == 0 and len(top.json["items"]) == 3
    if method != "baseline":  # u002 likes even items
        assert all(int(row["item"]) % 2 == 0 for row in top.json["items"])
        similar = eckart("recommend", "similar", name, "--item", "0003", "-n", "4", "--json").json
        assert all(int(row["item"]) % 2 == 1 for row in similar["items"])
    users = eckart("recommend", "users-like", name, "--user", "u003", "-n", "4", "--json").json["users"]
    assert all(int(row["user"][1:]) % 2 == 1 for row in users)
    predict = eckart("recommend", "predict", name, "--user", "u002", "--item", "0004", "--json").json
    row = predict["predictions"][0]
    assert ("prediction" in row) == (method in RATED)


def test_fit_says_what_it_did(eckart, ratings):
    run = eckart("recommend", "fit", ratings, "-o", "m.safetensors", "-k", "8")
    assert run.code == 0 and run.err == ""
    assert "120 users for 60 items, 1 to 5" in run.out and "svd, rank 8" in run.out
    report = eckart("recommend", "fit", ratings, "-o", "m.safetensors", "--force", "--json").json
    assert report["model"]["users"] == 120 and report["model"]["scale"] == [1, 5]
    assert report["duplicates"] == 0 and report["train_rmse"] < 1


def test_an_existing_model_is_replaced_only_if_asked(eckart, ratings, tmp_path):
    (tmp_path / "m").write_text("mine")
    run = eckart("recommend", "fit", ratings, "-o", "m")
    assert run.code == 2 and (tmp_path / "m").read_text() == "mine"
    run = eckart("recommend", "fit", ratings, "-o", ratings, "--force")
    assert run.code == 2 and (tmp_path / ratings).read_text().startswith("user,")


def test_the_model_is_the_same_bytes_for_any_thread_count_and_opens_in_python(model, tmp_path):
    one = (tmp_path / model("--threads", "1", name="one")).read_bytes()
    assert one == (tmp_path / model("--threads", "2", name="two")).read_bytes()
    assert one != (tmp_path / model("--seed", "9", name="other")).read_bytes()
    length, = struct.unpack("<Q", one[:8])
    header = json.loads(one[8:8 + length])
    assert header["__metadata__"]["kind"] == "svd"
    first, last = header["item_factors"]["data_offsets"]
    factors = np.frombuffer(one[8 + length + first:8 + length + last], np.float32)
    assert factors.size == 60 * 64 and np.isfinite(factors).all()


def test_ids_keep_their_zeros(eckart, model):
    name = model()
    run = eckart("recommend", "similar", name, "--item", "4")
    assert run.code == 2 and "as they stand" in run.err
    assert eckart("recommend", "similar", name, "--item", "0004").code == 0


def test_top_leaves_out_what_was_rated_and_gives_reasons(eckart, model, ratings, tmp_path):
    name = model("-k", "4")
    rated = {row["item"] for row in csv.DictReader((tmp_path / ratings).open()) if row["user"] == "u005"}
    rows = eckart("recommend", "top", name, "--user", "u005", "-n", "60", "--json").json["items"]
    assert {row["item"] for row in rows} == {f"{i:04}" for i in range(60)} - rated
    assert all(reason["item"] in rated for row in rows for reason in row["because"])
    everything = eckart("recommend", "top", name, "--user", "u005", "-n", "60", "--include-rated", "--json")
    assert len(everything.json["items"]) == 60
    text = eckart("recommend", "top", name, "--user", "u005").out
    assert "near" in text


def test_titles_stand_for_ids(eckart, model, tmp_path):
    (tmp_path / "titles.csv").write_text('item,title\n0004,"Alien, 1979"\n0006,Brazil\n')
    run = eckart("recommend", "top", model(), "--user", "u002", "-n", "60", "--include-rated",
                 "--titles", "titles.csv")
    assert "Alien, 1979" in run.out and "Brazil" in run.out and "0008" in run.out


def test_someone_new_gets_a_list_from_two_ratings(eckart, model):
    for method, rated in (("svd", "0003=5,0004=1"), ("ease", "0003=5,0005=4")):
        name = model("--method", method, name=method)
        rows = eckart("recommend", "top", name, "--rated", rated, "-n", "5", "--json").json["items"]
        assert all(int(row["item"]) % 2 == 1 for row in rows)
        assert "0003" not in {row["item"] for row in rows}
    assert eckart("recommend", "top", "svd", "--rated", "0003").code == 2
    assert eckart("recommend", "top", "svd", "--rated", "0003=x").code == 2
    assert eckart("recommend", "top", "svd", "--rated", "0003=5,0003=1").code == 2
    assert eckart("recommend", "top", "svd", "--rated", "9999=5").code == 2


def test_lists_of_all_users_go_into_a_file(eckart, model, tmp_path):
    name = model()
    assert eckart("recommend", "top", name, "--all").code == 2
    run = eckart("recommend", "top", name, "--all", "-n", "2", "-o", "lists.csv")
    assert run.code == 0
    rows = list(csv.DictReader((tmp_path / "lists.csv").open()))
    assert len(rows) == 240 and rows[0]["rank"] == "1"
    one = eckart("recommend", "top", name, "--user", rows[0]["user"], "-n", "1", "--json").json
    assert one["items"][0]["item"] == rows[0]["item"]


def test_rare_items_can_be_left_out(eckart, model, tmp_path, ratings):
    with (tmp_path / ratings).open("a") as file:
        file.write("u000,rare,5,1\n")
    name = model()
    def items(least):
        rows = eckart("recommend", "top", name, "--user", "u001", "-n", "99", "--min-ratings", least, "--json")
        return {row["item"] for row in rows.json["items"]}
    assert "rare" in items(1) and "rare" not in items(2)


def test_predict_marks_what_is_unknown(eckart, model, tmp_path):
    (tmp_path / "pairs.csv").write_text("user,item\nu001,0001\nstranger,0001\nu001,nothing\nx,y\n")
    run = eckart("recommend", "predict", model(), "pairs.csv")
    rows = list(csv.DictReader(io.StringIO(run.out)))
    assert [row["known"] for row in rows] == ["both", "item", "user", "neither"]
    assert all(1 <= float(row["prediction"]) <= 5 for row in rows)
    assert eckart("recommend", "predict", "model.safetensors").code == 2
    assert eckart("recommend", "predict", "model.safetensors", "--user", "u001").code == 2
    run = eckart("recommend", "predict", "model.safetensors", "pairs.csv", "-o", "out.csv")
    assert run.code == 0 and len((tmp_path / "out.csv").read_text().splitlines()) == 5


def test_the_scale_can_be_given(eckart, model):
    name = model("--scale", "2,3")
    row = eckart("recommend", "predict", name, "--user", "u001", "--item", "0001", "--json").json
    assert row["predictions"][0]["prediction"] == 3
    assert eckart("recommend", "fit", "ratings.csv", "-o", "x", "--scale", "3").code == 2
    assert eckart("recommend", "fit", "ratings.csv", "-o", "x", "--scale", "3,2").code == 2


@pytest.mark.parametrize("split", [["--folds", "3"], ["--holdout", "20%"], ["--by-time", "0.2"],
                                   ["--leave-one-out"], ["--test", "ratings.csv"]])
def test_evaluate_splits_and_judges(eckart, ratings, split):
    run = eckart("recommend", "evaluate", ratings, "-k", "4", *split, "--json")
    assert run.code == 0, run.err
    results = run.json["results"]
    assert 0 < results["rmse"]["mean"] < 1
    assert 0 < results["ndcg"]["mean"] <= 1 or split[0] == "--test"  # what was trained on is not listed
    again = eckart("recommend", "evaluate", ratings, "-k", "4", *split, "--json", "--threads", "1")
    assert again.out == run.out
    text = eckart("recommend", "evaluate", ratings, *split, "-n", "3").out
    assert "RMSE" in text and "nDCG@3" in text


def test_evaluate_judges_a_fitted_model(eckart, model, ratings):
    name = model()
    run = eckart("recommend", "evaluate", ratings, "--model", name, "--json")
    assert run.code == 0 and run.json["results"]["rmse"]["mean"] < 0.6
    model("--method", "ease", name="ease")
    assert "rmse" not in eckart("recommend", "evaluate", ratings, "--model", "ease", "--json").json["results"]


def test_the_threshold_of_relevance_matters(eckart, ratings):
    def recall(*more):
        return eckart("recommend", "evaluate", ratings, "--method", "ease", "--holdout", "0.3", "--json",
                      *more).json["results"]["recall"]["mean"]
    assert recall("--relevant", "4") > recall()
    assert recall("-n", "3") < recall()


def test_tune_sorts_by_what_is_best(eckart, ratings):
    run = eckart("recommend", "tune", ratings, "--holdout", "0.2", "--try", "rank=2,4", "--try",
                 "regularization=0.05,2", "--json")
    assert run.code == 0, run.err
    outcomes = run.json["outcomes"]
    errors = [o["results"]["rmse"]["mean"] for o in outcomes]
    assert len(errors) == 4 and errors == sorted(errors)
    assert outcomes[0]["settings"]["regularization"] == 0.05
    some = eckart("recommend", "tune", ratings, "--holdout", "0.2", "--try", "rank=2,4,6,8", "--random",
                  "2", "--json").json["outcomes"]
    assert len(some) == 2
    assert eckart("recommend", "tune", ratings).code == 2
    assert eckart("recommend", "tune", ratings, "--try", "rank=two").code == 2
    assert eckart("recommend", "tune", ratings, "--try", "colour=2").code == 2
    lists = eckart("recommend", "tune", ratings, "--method", "ease", "--try", "regularization=1,50", "--holdout", "0.2")
    assert lists.code == 0 and "nDCG@10" in lists.out


def test_early_stopping_finds_the_epochs(eckart, ratings):
    run = eckart("recommend", "fit", ratings, "-o", "m", "--early-stopping", "0.2", "--epochs", "60",
                 "--rate", "0.3", "--rate-decay", "1", "--json")
    assert run.code == 0, run.err
    assert run.json["validation"]["epochs"] == run.json["model"]["options"]["epochs"] < 60
    assert eckart("recommend", "fit", ratings, "-o", "n", "--method", "ease", "--early-stopping", "0.2").code == 2


def test_update_learns_new_users_and_items(eckart, model, tmp_path):
    name = model()
    lines = [f"new,{i:04},{5 if i % 2 else 1}" for i in range(8)] + [f"u{u:03},fresh,{5 if u % 2 else 1}" for u in range(10)]
    (tmp_path / "more.csv").write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    run = eckart("recommend", "update", name, "more.csv", "-o", "next", "--json")
    assert run.code == 0, run.err
    assert run.json["new_users"] == 1 and run.json["new_items"] == 1
    rows = eckart("recommend", "top", "next", "--user", "new", "-n", "5", "--json").json["items"]
    assert all(row["item"] == "fresh" or int(row["item"]) % 2 == 1 for row in rows)


def test_a_setting_must_belong_to_the_method(eckart, ratings):
    run = eckart("recommend", "fit", ratings, "-o", "m", "--method", "ease", "--rank", "3")
    assert run.code == 2 and "--rank: ease has no such setting; it has --regularization" in run.err


@pytest.mark.parametrize("method, settings", {
    "svd": ["rank=3", "epochs=2", "rate=0.3", "rate-decay=0.5", "regularization=0.5", "bias-rate=0.1",
            "bias-regularization=0.9", "deviation=0.3", "grid=2"],
    "svd++": ["implicit-rate=0.1", "implicit-regularization=2"],
    "implicit-als": ["unobserved-weight=2", "exponent=0.2", "values=ratings"],
    "pure-svd": ["scaling=0.3", "values=ratings"],
    "ease": ["regularization=3", "values=ratings"],
    "baseline": ["user-regularization=3", "item-regularization=4"]}.items())
def test_every_setting_matters(model, tmp_path, method, settings):
    size = ["-k", "4"] if method not in ("ease", "baseline", "svd") else []
    def arrays(name, *options):
        data = (tmp_path / model("--method", method, *size, *options, name=name)).read_bytes()
        return data[8 + struct.unpack("<Q", data[:8])[0]:]
    reference = arrays("reference")
    for number, setting in enumerate(settings):
        name, value = setting.split("=")
        assert arrays(f"changed{number}", f"--{name}", value) != reference, setting


def test_duplicates_and_missing_ratings_are_told(eckart, tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\na,x,1\na,x,5\nb,x,\nb,y,2\n")
    run = eckart("recommend", "fit", "r.csv", "-o", "m", "--method", "baseline")
    assert run.code == 3 and "r.csv" in run.err and "line 4" in run.err
    run = eckart("recommend", "fit", "r.csv", "-o", "m", "--method", "baseline", "--missing", "skip")
    assert run.code == 0 and "line 3" in run.err and "line 4" in run.err
    run = eckart("recommend", "fit", "r.csv", "-o", "n", "--method", "baseline", "--missing", "skip",
                 "--duplicates", "error")
    assert run.code == 3 and "line 3" in run.err
    def mean(rule):
        run = eckart("recommend", "fit", "r.csv", "-o", rule, "--method", "baseline", "--missing", "skip",
                     "--duplicates", rule, "--json")
        return run.json["model"]["mean"]
    assert [mean(rule) for rule in ("first", "last", "mean")] == [1.5, 3.5, 2.5]


def test_columns_can_be_named(eckart, tmp_path):
    (tmp_path / "t.csv").write_text("when,stars,what,who,why\n1,5,x,a,-\n2,3,y,a,-\n")
    names = ["--user-column", "who", "--item-column", "what", "--rating-column", "stars", "--time-column", "when"]
    run = eckart("recommend", "fit", "t.csv", "-o", "m", "--method", "baseline", *names)
    assert run.code == 0, run.err
    assert eckart("recommend", "fit", "t.csv", "-o", "n", "--method", "baseline").code == 3


def test_ratings_can_come_through_a_pipe(eckart, ratings, tmp_path):
    text = (tmp_path / ratings).read_bytes()
    assert eckart("recommend", "fit", "-", "-o", "m", stdin=text).code == 0


def test_mistakes_are_said_plainly(eckart, model, ratings, tmp_path):
    name = model()
    def says(code, what, *arguments):
        run = eckart("recommend", *arguments)
        assert run.code == code and what in run.err, run.err
    says(2, "say which command")
    says(2, "did you mean 'similar'", "simlar")
    says(2, "no user of the model", "top", name, "--user", "nobody")
    says(2, "give one of", "top", name)
    says(2, "--item is missing", "similar", name)
    says(2, "--user is missing", "users-like", name)
    says(2, "at most one of", "evaluate", ratings, "--folds", "3", "--leave-one-out")
    says(2, "rank must be", "fit", ratings, "-o", "x", "-k", "900")
    says(3, "no recommender", "top", ratings, "--user", "u001")
    (tmp_path / "cut").write_bytes((tmp_path / name).read_bytes()[:-40])
    says(3, "cut", "top", "cut", "--user", "u001")
    (tmp_path / "wide").write_text("".join(f"a\t{i}\t1\n" for i in range(100)))
    says(4, "weights of 100 items", "fit", "wide", "-o", "x", "--method", "ease", "--max-memory", "100000")
    assert not (tmp_path / "x").exists()


def test_the_film_of_the_readme(eckart, tmp_path):
    """MovieTweetings from the file to a judged recommendation."""
    data = EXAMPLES / "movietweetings-100k"
    run = eckart("recommend", "evaluate", data / "ratings.dat.gz", "--by-time", "10%", "--json")
    assert run.code == 0, run.err
    assert run.json["results"]["rmse"]["mean"] < 1.70  # the mean of every film: 1.834
    assert run.json["results"]["mae"]["mean"] < 1.27   # 1.360
    assert eckart("recommend", "fit", data / "ratings.dat.gz", "--method", "pure-svd", "-o", "m").code == 0
    similar = eckart("recommend", "similar", "m", "--item", "1375666", "--titles", data / "movies.dat.gz", "-n", "5")
    assert "Inception (2010)" in similar.out and "The Dark Knight (2008)" in similar.out


@pytest.mark.skipif("ECKART_DATA" not in os.environ, reason="needs ECKART_DATA with ratings/ml-100k")
def test_movielens_u1_has_its_published_errors(eckart):
    data = Path(os.environ["ECKART_DATA"]) / "ratings" / "ml-100k"
    run = eckart("recommend", "evaluate", data / "u1.base.gz", "--test", data / "u1.test.gz", "--method",
                 "baseline", "--epochs", "1", "--item-regularization", "1e30", "--user-regularization", "0",
                 "--json")
    assert round(run.json["results"]["rmse"]["mean"], 5) == 1.06300
    assert round(run.json["results"]["mae"]["mean"], 5) == 0.85019
