"""From raw text to vectors with other libraries: lsa_peer.py LIBRARY TSV K FOLDER.

Prints one JSON line: seconds from the file on disk to the vectors in memory, imports excluded, and
what the vectors are worth. FOLDER holds U.npy, s.npy, Vt.npy of Eckart, which `check` judges by the
matrix that scikit-learn makes of the text.
"""

import gzip
import json
import resource
import sys
import time

import numpy as np

TOKENS = r"[a-z][a-z0-9+-]*[a-z0-9]"


def texts(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t", 1)[1] for line in file]


def residual(A, U, s, V):
    """Returns the largest |A v - s u|, |A' u - s v| over s_1, in double precision."""
    U, s, V = (np.asarray(X, np.float64) for X in (U, s, V))
    return float(max(np.linalg.norm(A @ V - U * s, axis=0).max(),
                     np.linalg.norm(A.T @ U - V * s, axis=0).max()) / s[0])


def sklearn_matrix(path):
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(token_pattern=TOKENS, min_df=2).fit_transform(texts(path)).T.tocsr()


def sklearn(path, k, folder):
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    start = time.perf_counter()
    X = TfidfVectorizer(token_pattern=TOKENS, min_df=2).fit_transform(texts(path))
    middle = time.perf_counter()
    model = TruncatedSVD(k, random_state=0)
    T = model.fit_transform(X)
    seconds = time.perf_counter() - start
    s = np.linalg.norm(T, axis=0)
    order = np.argsort(-s)
    V, U = (T / s)[:, order], model.components_.T[:, order]
    return seconds, middle - start, residual(X.T.tocsr(), U, s[order], V), s[order]


def gensim(path, k, folder):
    import re

    from gensim.corpora import Dictionary
    from gensim.matutils import corpus2csc
    from gensim.models import LsiModel, TfidfModel

    start = time.perf_counter()
    tokens = re.compile(TOKENS)
    documents = [tokens.findall(text.lower()) for text in texts(path)]
    dictionary = Dictionary(documents)
    dictionary.filter_extremes(no_below=2, no_above=1.0, keep_n=None)
    counts = [dictionary.doc2bow(document) for document in documents]
    weights = TfidfModel(counts)
    weighted = [weights[document] for document in counts]
    middle = time.perf_counter()
    model = LsiModel(weighted, id2word=dictionary, num_topics=k, random_seed=0)
    vectors = [model[document] for document in weighted]
    seconds = time.perf_counter() - start
    assert len(vectors) == len(documents)
    A = corpus2csc(weighted, num_terms=len(dictionary)).tocsr()
    U, s = model.projection.u, model.projection.s
    return seconds, middle - start, residual(A, U, s, (A.T @ U) / s), s


def check(path, k, folder):
    A = sklearn_matrix(path)
    U, s, V = np.load(f"{folder}/U.npy"), np.load(f"{folder}/s.npy"), np.load(f"{folder}/Vt.npy").T
    assert A.shape == (U.shape[0], V.shape[0]), (A.shape, U.shape, V.shape)
    return 0.0, 0.0, residual(A, U, s, V), s


if __name__ == "__main__":
    library, path, k, folder = sys.argv[1:]
    seconds, text_seconds, worst, sigma = globals()[library](path, int(k), folder)
    print(json.dumps({"seconds": seconds, "text_seconds": text_seconds, "residual": worst,
                      "sigma": [float(s) for s in sigma],
                      "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
