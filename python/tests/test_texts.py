"""Latent semantic analysis in Python: against definitions, scikit-learn's pipeline and the program."""
import pickle
import subprocess
import sys
import textwrap

import eckart
import numpy as np
import pandas as pd
import pytest
import sklearn.base
import sklearn.decomposition
import sklearn.feature_extraction.text
import sklearn.model_selection
import sklearn.pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

DOCUMENTS = [
    "machine learning finds patterns in data with a model",
    "deep learning trains neural networks on large data",
    "neural networks learn by gradient descent on a loss",
    "gradient descent lowers the loss of a machine learning model",
    "bake the bread with flour and yeast in a hot oven",
    "knead flour, water and yeast before you bake",
    "soup needs water, salt and fresh vegetables",
    "roast vegetables with salt in the hot oven",
]
# The small library of Deerwester and others (1990), without the words of its stop list.
TITLES = [
    "human machine interface for lab abc computer applications",
    "a survey of user opinion of computer system response time",
    "the eps user interface management system",
    "system and human system engineering testing of eps",
    "relation of user perceived response time to error measurement",
    "the generation of random binary unordered trees",
    "the intersection graph of paths in trees",
    "graph minors iv widths of trees and well quasi ordering",
    "graph minors a survey",
]


def courses(**options):
    return eckart.LatentSemanticAnalysis(2, stop_words="english", **options)


@parametrize_with_checks([eckart.LSA(), eckart.LSA(2, weighting="tf-idf")])
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)


def test_both_names_are_one_class():
    assert eckart.LSA is eckart.LatentSemanticAnalysis


def test_eight_documents_fall_into_two_topics():
    model = courses().fit(DOCUMENTS)
    for i in range(8):
        assert abs(model.document_similarity(i, i) - 1) <= 1e-6
        for j in range(8):
            likeness = model.document_similarity(i, j)
            assert likeness > 0.8 if (i < 4) == (j < 4) else abs(likeness) < 0.3
    topics = [{word for word, weight in topic} for topic in model.get_topics(n_words=6)]
    assert len(topics) == 2
    learning, cooking = sorted(topics, key=lambda words: "gradient" not in words)
    assert learning & {"gradient", "descent", "machine", "neural"}
    assert cooking & {"vegetables", "oven", "yeast", "flour", "bake", "salt", "water"}
    # The second document holds neither word.
    assert {document for document, cosine in model.query("gradient model")[:4]} == {0, 1, 2, 3}
    assert {document for document, _ in model.similar_documents(4, n=3)} == {5, 6, 7}
    assert {word for word, _ in model.similar_terms("Gradient", n=30)} >= {"descent", "loss"}
    assert "gradient" not in dict(model.similar_terms("gradient", n=30))


def test_deerwesters_titles_are_as_printed():
    words = "human interface computer user system response time eps survey trees graph minors".split()
    model = eckart.LSA(2, weighting="tf", min_df=2,
                       stop_words=["for", "a", "of", "the", "and", "to", "in"]).fit(TITLES)
    assert model.terms_ == sorted(words)
    assert np.abs(model.singular_values_ - [3.34088, 2.54170]).max() <= 1e-5
    hits = model.query("human computer", n=9)
    # c3 and c5 share no word with the query, and come before all of the other subject.
    assert {document for document, cosine in hits if cosine > 0.9} == {0, 1, 2, 3, 4}
    assert all(cosine < 0.4 for document, cosine in hits if document > 4)
    column = model.components_[:, model.terms_.index("human")]
    assert np.abs(np.abs(column) - [0.2214, 0.1132]).max() <= 1e-4


def test_tf_idf_is_scikit_learns_pipeline():
    counter = sklearn.feature_extraction.text.TfidfVectorizer(token_pattern=r"(?u)\b\w\w+\b")
    A = counter.fit_transform(DOCUMENTS)
    theirs = sklearn.decomposition.TruncatedSVD(3, algorithm="arpack").fit(A)
    ours = eckart.LSA(3, weighting="tf-idf", tol=1e-7)
    Z = ours.fit_transform(DOCUMENTS)
    assert ours.terms_ == list(counter.get_feature_names_out())
    assert np.abs(ours.singular_values_ - theirs.singular_values_).max() <= 1e-6
    W = theirs.transform(A)
    assert np.abs(Z @ Z.T - W @ W.T).max() <= 1e-5
    new = ["a hot model of bread", "neural flour"]
    V = theirs.transform(counter.transform(new))
    assert np.abs(ours.transform(new) @ Z.T - V @ W.T).max() <= 1e-5


@pytest.mark.parametrize("weighting", ["log-entropy", "tf-idf", "bm25", "log", "tf"])
def test_documents_of_the_fit_are_transformed_to_where_they_are(weighting):
    model = courses(weighting=weighting)
    Z = model.fit_transform(DOCUMENTS)
    again = model.transform(DOCUMENTS)
    assert Z.dtype == again.dtype == np.float64
    assert np.abs(again - Z).max() <= 1e-5 * np.abs(Z).max()
    assert (model.transform(["xyzzy", ""]) == 0).all()


def test_every_option_matters():
    base = eckart.LSA(3).fit(DOCUMENTS)
    assert set(eckart.LSA(3, min_df=2).fit(DOCUMENTS).terms_) < set(base.terms_)
    assert "the" not in eckart.LSA(3, max_df=0.3).fit(DOCUMENTS).terms_ and "with" in base.terms_
    assert "with" not in eckart.LSA(3, stop_words=["With"]).fit(DOCUMENTS).terms_
    assert "vegetables" not in eckart.LSA(3, stem="english").fit(DOCUMENTS).terms_
    assert "gradient descent" in eckart.LSA(3, ngrams=2).fit(DOCUMENTS).terms_
    mixed = [*DOCUMENTS, "g++ x86-64"]
    assert "g++" not in eckart.LSA(3, tokens="ascii").fit(mixed).terms_
    assert "x86-64" in eckart.LSA(3, tokens="names").fit(mixed).terms_
    assert eckart.LSA(3, weighting="tf").fit(DOCUMENTS).singular_values_[0] != base.singular_values_[0]
    few, many = (eckart.LSA(None, energy=share).fit(DOCUMENTS).n_components_ for share in (0.4, 0.9))
    assert few < many < 8
    s = eckart.LSA(8).fit(DOCUMENTS).singular_values_
    assert few == np.argmax(np.cumsum(s**2) / np.sum(s**2) >= 0.4) + 1
    assert eckart.LSA(3, tol=1e-3).fit(DOCUMENTS).report_.certificate.accuracy == 1e-3
    named = eckart.LSA(3).fit(DOCUMENTS, names="abcdefgh")
    assert named._model.names() == list("abcdefgh")
    assert eckart.LSA(3, threads=1).fit(DOCUMENTS).report_.threads == 1
    assert eckart.LSA(3, random_state=7).fit(DOCUMENTS).report_.seed == 7


@pytest.mark.parametrize("model, message", [
    (eckart.LSA(0), "n_components must be >= 1"), (eckart.LSA(None), "one of n_components and energy"),
    (eckart.LSA(2, energy=0.5), "one of n_components and energy"),
    (eckart.LSA(None, energy=1.5), "energy"), (eckart.LSA(2, weighting="x"), "no weighting 'x'"),
    (eckart.LSA(2, tokens="x"), "x"), (eckart.LSA(2, stem="klingon"), "klingon"),
    (eckart.LSA(2, ngrams=0), "ngrams"), (eckart.LSA(2, min_df=0), "min_df"),
    (eckart.LSA(2, min_df=9), "no term is in enough documents"), (eckart.LSA(2, max_df=2.0), "max"),
    (eckart.LSA(2, stop_words="french"), "stop_words"), (eckart.LSA(2, tol=-1.0), "tol")])
def test_a_mistaken_parameter_is_named(model, message):
    with pytest.raises(eckart.InvalidArgument, match=message):
        model.fit(DOCUMENTS)


def test_mistaken_texts_are_named():
    with pytest.raises(ValueError, match="got one text"):
        eckart.LSA(2).fit("one text")
    with pytest.raises(TypeError, match="document 1 is bytes; expected str, decode it first"):
        eckart.LSA(2).fit(["a text", b"bytes"])
    with pytest.raises(UnicodeEncodeError):
        eckart.LSA(2).fit(["a lone \udc80 surrogate"])
    with pytest.raises(ValueError, match="no documents"):
        eckart.LSA(2).fit([])
    with pytest.raises(ValueError, match="2 names for 8"):
        eckart.LSA(2).fit(DOCUMENTS, names="ab")
    with pytest.raises(ValueError, match="not fitted"):
        eckart.LSA(2).query("x")
    model = courses().fit(DOCUMENTS)
    for wrong in (8, -1):
        with pytest.raises(ValueError, match=f"no document {wrong}; the model has 0 to 7"):
            model.document_similarity(0, wrong)
    with pytest.raises(ValueError, match="'zebra' is no term"):
        model.similar_terms("zebra")
    assert model.query("zebra") == []
    # A NUL is a blank.
    assert courses().fit([*DOCUMENTS, "bake\0oven"]).document_similarity(4, 8) > 0.8


def test_the_model_is_that_of_the_program_bit_for_bit(cli, tmp_path):
    (tmp_path / "notes.txt").write_text("\n".join(DOCUMENTS) + "\n")
    theirs, mine = tmp_path / "m.lsa", tmp_path / "mine.lsa"
    cli("lsa", "fit", tmp_path / "notes.txt", "--format", "lines", "--stop-words", "english", "-k", 3,
        "--min-df", 1, "-o", theirs)
    model = eckart.LSA(3, stop_words="english").fit(DOCUMENTS)
    loaded = eckart.LSA.load(theirs)
    for name in ("components_", "singular_values_", "terms_", "n_documents_"):
        assert np.array_equal(getattr(loaded, name), getattr(model, name)), name
    assert (loaded._documents() == model._documents()).all()
    assert loaded.query("hot bread") == model.query("hot bread")
    assert loaded.get_params() == eckart.LSA(3, stop_words=loaded.stop_words).get_params()
    model.save(mine)
    answers = [cli("lsa", "query", file, "hot bread", "--json").stdout.split('"queries"')[1]
               for file in (theirs, mine)]
    assert answers[0] == answers[1] and "cosine" in answers[0]
    assert loaded.report_.certificate.met


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"nonsense")
    with pytest.raises(eckart.FileError, match="model"):
        eckart.LSA.load(tmp_path / "x")
    with pytest.raises(OSError, match="nothing"):
        eckart.LSA.load(tmp_path / "nothing")
    with pytest.raises(OSError, match="folder"):
        courses().fit(DOCUMENTS).save(tmp_path / "folder" / "x")


def test_any_number_of_threads_gives_the_same_bits():
    texts = [f"{a} {b} {a}{b}" for a in DOCUMENTS for b in DOCUMENTS]
    one, two, three = (eckart.LSA(5, threads=threads).fit(texts) for threads in (1, 2, 3))
    assert one.components_.tobytes() == two.components_.tobytes() == three.components_.tobytes()
    assert (one.transform(DOCUMENTS) == three.transform(DOCUMENTS)).all()


def test_models_are_cloned_pickled_and_named():
    model = courses().fit(DOCUMENTS)
    again = pickle.loads(pickle.dumps(model))
    assert again.query("hot bread") == model.query("hot bread")
    assert (again.components_ == model.components_).all() and again.terms_ == model.terms_
    assert again.report_.to_dict() == model.report_.to_dict()
    assert sklearn.base.clone(model).get_params() == model.get_params()
    named = courses().set_output(transform="pandas")
    frame = named.fit_transform(pd.Series(DOCUMENTS))
    assert list(frame.columns) == list(named.get_feature_names_out())
    assert frame.columns[0] == "latentsemanticanalysis0" and frame.shape == (8, 2)
    # Arrays outlive the model that they belong to.
    values = eckart.LSA(2).fit(DOCUMENTS).components_
    assert not values.flags.writeable and np.isfinite(values).all()


def test_models_work_in_pipelines_and_searches():
    from sklearn.linear_model import LogisticRegression

    texts = np.array(DOCUMENTS * 5)
    y = np.array(([1] * 4 + [0] * 4) * 5)
    steps = sklearn.pipeline.make_pipeline(eckart.LSA(2), LogisticRegression(C=100))
    search = sklearn.model_selection.GridSearchCV(
        steps, {"latentsemanticanalysis__n_components": [1, 4]}, cv=2).fit(texts, y)
    assert search.best_score_ > 0.9


def test_it_works_without_scikit_learn():
    program = f"""
        import sys, pickle
        sys.modules["sklearn"] = None
        import eckart
        model = eckart.LSA(2, min_df=2)
        assert model.fit_transform({DOCUMENTS!r}).shape == (8, 2)
        assert model.transform(["hot oven"]).shape == (1, 2)
        assert pickle.loads(pickle.dumps(model)).query("oven") == model.query("oven")
        assert len(model.get_feature_names_out()) == 2
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
