"""Contenders in Python: Eckart, NumPy, SciPy, scikit-learn, PRIMME, gensim. Usage: python_worker.py SOLVER

Speaks the protocol of worker.hpp. Every solver returns U (m x k), sigma (k), Vᴴ (k x n), in its
own order; sorting and transposing them is not timed.
"""

import json
import os
import sys
import time
import traceback

import numpy as np
import scipy
import scipy.sparse


def numpy_svd(A, task):
    """All triplets, of which the wanted ones are told."""
    k = task["rank"]
    if not task["vectors"]:
        return None, np.linalg.svd(A, compute_uv=False)[..., :k], None
    U, sigma, Vh = np.linalg.svd(A, full_matrices=False)
    return U[..., :k], sigma[..., :k], Vh[..., :k, :]


def svds(solver, **settings):
    """SciPy's svds. For ARPACK, tol = accuracy bounds the residual by accuracy * sigma_i."""

    def solve(A, task):
        from scipy.sparse.linalg import svds as scipy_svds

        return scipy_svds(
            A, task["rank"], tol=task["accuracy"], solver=solver, random_state=0, **settings
        )

    return solve


def randomized_svd(**settings):
    def solve(A, task):
        from sklearn.utils.extmath import randomized_svd as sklearn_randomized_svd

        return sklearn_randomized_svd(A, task["rank"], random_state=0, **settings)

    return solve


def truncated_svd(A, task):
    from sklearn.decomposition import TruncatedSVD

    model = TruncatedSVD(task["rank"], random_state=0)
    scores = model.fit_transform(A)
    return scores / model.singular_values_, model.singular_values_, model.components_


def eckart_svd(A, task):
    import eckart

    wanted = {"values_only": not task["vectors"], "accuracy": task["accuracy"]}
    return tuple(eckart.svd(A, task["rank"], threads=task["threads"], **wanted))


def eckart_truncated_svd(A, task):
    import eckart

    model = eckart.TruncatedSVD(task["rank"], tol=task["accuracy"], threads=task["threads"])
    scores = model.fit_transform(A)
    return scores / model.singular_values_, model.singular_values_, model.components_


def primme_svds(basis):
    """`basis`: vectors, as a multiple of k, the best of several that were tried; None: its own
    choice, 35 vectors or so, which takes three times as long."""

    def solve(A, task):
        import primme

        k = task["rank"]
        width = min(basis * k, *A.shape) if basis else None
        return primme.svds(A, k, tol=task["accuracy"], ncv=width)

    return solve


def gensim_svd(A, task):
    """With the settings of gensim's LsiModel; V, which it does not tell, by one product more."""
    from gensim.models.lsimodel import P2_EXTRA_DIMS, P2_EXTRA_ITERS, stochastic_svd

    k = task["rank"]
    U, sigma = stochastic_svd(
        scipy.sparse.csc_matrix(A),
        k,
        num_terms=A.shape[0],
        extra_dims=P2_EXTRA_DIMS,
        power_iters=P2_EXTRA_ITERS,
        dtype=np.float64,
    )
    return U, sigma, (A.T @ U / sigma).T


def perturbed(A, task):
    """A wrong contender for the self test: NumPy's answer, off by 100 times the accuracy."""
    error = 100 * task["accuracy"]
    U, sigma, Vh = numpy_svd(A.toarray() if scipy.sparse.issparse(A) else A, task)
    if Vh is None:
        return None, sigma * (1 + error), None
    Vh = Vh.copy()
    Vh[..., 0, :] += error * Vh[..., 1, :]
    return U, sigma, Vh


# Solver by name, and the module whose version is told.
SOLVERS = {
    "numpy": (numpy_svd, "numpy"),
    "arpack": (svds("arpack"), "scipy"),
    "propack": (svds("propack", maxiter=1000), "scipy"),
    "lobpcg": (svds("lobpcg", maxiter=200), "scipy"),
    "randomized": (randomized_svd(), "sklearn"),
    "randomized_5": (randomized_svd(n_iter=5), "sklearn"),
    "truncated": (truncated_svd, "sklearn"),
    "eckart": (eckart_svd, "eckart"),
    "eckart_truncated_svd": (eckart_truncated_svd, "eckart"),
    "primme": (primme_svds(basis=4), "primme"),
    "primme_as_it_comes": (primme_svds(basis=None), "primme"),
    "gensim": (gensim_svd, "gensim"),
    "perturbed": (perturbed, "numpy"),
}


def load_matrix(request):
    values = np.load(request["values"])
    if "batch" in request:
        shape = (request["rows"], request["batch"], request["cols"])
        return np.ascontiguousarray(values.reshape(shape).transpose(1, 0, 2))
    if "offsets" not in request:
        return values
    shape = (request["rows"], request["cols"])
    columns, offsets = np.load(request["columns"]), np.load(request["offsets"])
    return scipy.sparse.csr_matrix((values, columns, offsets), shape)


def about(module):
    version = getattr(__import__(module), "__version__", None)
    if version is None:
        from importlib.metadata import version as installed_version

        version = installed_version(module)
    if module == "eckart":
        import eckart

        report = eckart.svd([[1.0]]).report
        return f"eckart {version}, kernels {report.isa}, {report.blas}, NumPy {np.__version__}"
    try:
        from threadpoolctl import threadpool_info

        blas = [
            f"{library['internal_api']} {library['version']}, kernel {library.get('architecture')}"
            for library in threadpool_info()
            if library["user_api"] == "blas"
        ]
    except ImportError:
        blas = []
    return ", ".join([f"{module} {version}", *blas])


def save(folder, answer):
    U, sigma, Vh = answer
    V = None if Vh is None else np.swapaxes(Vh, -1, -2).conj()
    if sigma.ndim == 2:  # of a stack, each in order
        np.save(f"{folder}/sigma.npy", sigma.ravel())
        for name, X in (("U", U), ("V", V)) if U is not None else ():
            np.save(f"{folder}/{name}.npy", np.hstack(X))
        return
    order = np.argsort(-sigma, kind="stable")
    np.save(f"{folder}/sigma.npy", sigma[order])
    if U is not None:
        np.save(f"{folder}/U.npy", U[:, order])
        np.save(f"{folder}/V.npy", V[:, order])


def main():
    solve, module = SOLVERS[sys.argv[1]]
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    A = task = answer = None
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["do"] == "load":
                A, task = load_matrix(request), request
                reply = {"about": about(module)}
            elif request["do"] == "run":
                answer = None
                start = time.perf_counter()
                answer = solve(A, task)
                reply = {"seconds": time.perf_counter() - start}
            else:
                save(request["folder"], answer)
                reply = {"saved": True}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
