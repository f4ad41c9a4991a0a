"""What LIBMF and Surprise need to learn the same ratings. Prints one JSON object.

recommender_peers.py TRAIN TEST THREADS [svdpp]: files of user, item, rating, 0-based, tabs between.
LIBMF_OBJ names a build of LIBMF with vector code, which bench/run.sh makes; that of PyPI has none.
"""
import contextlib
import io
import itertools
import json
import sys
import time

import numpy as np


def rmse(predicted, test):
    return float(np.sqrt(np.mean((np.clip(predicted, 1, 5) - test[:, 2]) ** 2)))


def libmf(train, test, threads):
    import libmf.mf as mf

    curve = []
    order = np.random.default_rng(0).permutation(len(train))
    for rank, regularization in itertools.product((32, 64), (0.05, 0.08)):
        for iterations in (2, 4, 6, 8, 10, 12, 15, 20):
            model = mf.MF(k=rank, nr_threads=threads, nr_bins=20, nr_iters=iterations, eta=0.1,
                          lambda_p1=0, lambda_p2=regularization, lambda_q1=0,
                          lambda_q2=regularization, quiet=True)
            start = time.perf_counter()
            model.fit(train[order])
            seconds = time.perf_counter() - start
            curve.append({"rank": rank, "regularization": regularization, "iterations": iterations,
                          "seconds": seconds, "rmse": rmse(predictions(model.model, test), test)})
    return curve


def predictions(model, test):
    """p.q of LIBMF's model; the package's own predict() of 0.9.2 mixes up the pairs."""
    P = np.ctypeslib.as_array(model.P, (model.m, model.k))
    Q = np.ctypeslib.as_array(model.Q, (model.n, model.k))
    users, items = test[:, 0].astype(int), test[:, 1].astype(int)
    known = (users < model.m) & (items < model.n)
    product = np.full(len(test), model.b)
    product[known] = np.einsum("ij,ij->i", P[users[known]], Q[items[known]])
    return np.where(np.isnan(product), model.b, product)


def surprise(train, test, implicit):
    from surprise import SVD, Dataset, Reader, SVDpp

    rows = [(int(u), int(i), float(r), None) for u, i, r in train]
    trainset = Dataset(Reader(rating_scale=(1, 5))).construct_trainset(rows)
    model = (SVDpp if implicit else SVD)(random_state=0)
    start = time.perf_counter()
    model.fit(trainset)
    seconds = time.perf_counter() - start
    predicted = [model.predict(int(u), int(i)).est for u, i, _ in test]
    return {"seconds": seconds, "rmse": rmse(np.array(predicted), test)}


def main():
    train, test = (np.loadtxt(name) for name in sys.argv[1:3])
    found = {}
    jobs = {"libmf": lambda: libmf(train, test, int(sys.argv[3])),
            "surprise_svd": lambda: surprise(train, test, False)}
    if "svdpp" in sys.argv:
        jobs["surprise_svdpp"] = lambda: surprise(train, test, True)
    for name, job in jobs.items():
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found[name] = job()
        except ImportError:
            found[name] = None
    print(json.dumps(found))


main()
