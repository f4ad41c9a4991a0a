#!/usr/bin/python3
"""Gives hard matrices to Eckart and to others, each in a process of its own, and writes what came
out as docs/reliability.md.

  campaign/hard_cases.py [--eckart PROGRAM] [--drop-in LIBRARY] [--python PYTHON] [--mkl LIBRARY]
                         [--table FILE]

--python: an interpreter with NumPy, SciPy, scikit-learn and eckart (default: the environment of the
tests). NumPy with OpenBLAS, MKL and the drop-in is Debian's /usr/bin/python3, which takes any
LAPACK. The judge evaluates definitions in 80-bit arithmetic and knows closed forms.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 20  # seconds; nothing here is larger than 300 x 300


# --- the cases: name -> what is given -----------------------------------------------------------

def cases():
    """Returns name: (matrix, what to expect). Expectations: "svd", "refusal", "overflow"; sigma: the
    exact values, judged relative to the first, or each to itself if relative is given."""
    import numpy as np
    rng = np.random.default_rng(0)
    inf, nan = np.inf, np.nan
    orthogonal = np.linalg.qr(rng.standard_normal((40, 40)))[0]

    def companion(n):
        c = np.flip(np.r_[1.0, 1 / np.cumprod(np.arange(1.0, n + 1))])
        A = np.diag(np.ones(n - 1), -1)
        A[0] = -c[1:] / c[0]
        return A

    def hilbert(n):
        return 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)

    def lauchli(n, mu):
        return np.vstack([np.ones(n), mu * np.eye(n)])

    ones = np.ones((3, 3))
    found = {
        "0 x 3": dict(A=np.zeros((0, 3)), sigma=[]),
        "[[-0.0]]": dict(A=[[-0.0]], sigma=[0]),
        "the smallest subnormal number": dict(A=[[5e-324]], sigma=[5e-324], relative=0),
        "zeros 5 x 3": dict(A=np.zeros((5, 3)), sigma=[0, 0, 0]),
        "identity 6 x 4": dict(A=np.eye(6, 4), sigma=[1, 1, 1, 1], relative=0),
        "ones 200 x 300": dict(A=np.ones((200, 300)), sigma=[60000 ** .5] + [0] * 199),
        "infinity at the first place": dict(A=np.where(np.eye(3, 3) * [1, 0, 0], inf, ones), expect="refusal"),
        "infinity at the last place": dict(A=np.where(np.eye(3, 3) * [0, 0, 1], inf, ones), expect="refusal"),
        "NaN in the middle": dict(A=np.where(np.eye(3, 3) * [0, 1, 0], nan, ones), expect="refusal"),
        "[[0, 0], [NaN, NaN]]": dict(A=[[0, 0], [nan, nan]], expect="refusal"),
        "[[0, NaN], [NaN, inf]]": dict(A=[[0, nan], [nan, inf]], expect="refusal"),
        "10 x 10 zeros with one infinity": dict(A=np.where(np.arange(100).reshape(10, 10) == 37, inf, 0.0), expect="refusal"),
        "entries near overflow (Eigen's)": dict(
            A=[[4.4331978442502944e307, -5.8585363752028680e307, 6.4527017443412964e307],
               [3.7841695601406358e307, 2.4331702789740617e306, -3.5235707140272905e307],
               [-8.7190887618028355e307, -7.3453213709232193e307, -2.4367363684472105e307]],
            sigma=[1.1989613128669096e308, 9.7464586398393478e307, 4.4246360770547190e307]),
        "4 x 4 of 1.7e308, whose norm overflows": dict(A=np.full((4, 4), 1.7e308), expect="overflow"),
        "diag(1e308, 1, 1e-308)": dict(A=np.diag([1e308, 1, 1e-308]), sigma=[1e308, 1, 1e-308], relative=1e-14),
        "normal entries times 1e-310": dict(A=rng.standard_normal((8, 6)) * 1e-310),
        "normal entries times 1e-320": dict(A=rng.standard_normal((8, 6)) * 1e-320, vectors_only=True),
        "companion matrix, n = 26, each value to ten digits": dict(
            A=companion(26), sigma=[6.0890136958317301e26] + [1] * 24 + [0.66232641487188833],
            relative=1e-10, accurate=True),
        "Lauchli, mu = 1e-9": dict(A=lauchli(20, 1e-9), sigma=[(20 + 1e-18) ** .5] + [1e-9] * 19, relative=1e-5),
        "Hilbert, n = 12": dict(A=hilbert(12)),
        "5 rows scaled down to 1e-300, values to six digits": dict(
            A=np.diag(10.0 ** -np.linspace(0, 300, 5)) @ (np.eye(5) + 0.1), accurate=True, graded=True),
        "40 rows scaled down to 1e-100, values to six digits": dict(
            A=np.diag(10.0 ** -np.linspace(0, 100, 40)) @ (np.eye(40) + 0.1), graded=True),
        "clusters 1e-4 apart, tenfold": dict(A=orthogonal @ np.diag(np.repeat([1, .9999, .9998, .5], 10)) @ orthogonal.T),
        "a spectrum that drops by 1e18": dict(A=orthogonal @ np.diag(10.0 ** -np.linspace(0, 18, 40)) @ orthogonal.T),
        "prolate (sinc) matrix, n = 100": dict(A=np.sinc(0.2 * (np.arange(100)[:, None] - np.arange(100)))),
        "columns that repeat, a zero row": dict(A=np.vstack([np.repeat(rng.standard_normal((20, 5)), 3, axis=1), np.zeros(15)])),
    }
    return {name: {**case, "A": np.asarray(case["A"], float)} for name, case in found.items()}


def truncated_cases():
    """Returns name: (sparse matrix or operator, k, exact leading values or "refusal")."""
    import numpy as np
    import scipy.sparse as sp
    from scipy.sparse.linalg import LinearOperator
    rng = np.random.default_rng(1)
    block = sp.random(30, 20, 0.3, random_state=2)
    bad = sp.csr_matrix(np.eye(50))
    bad.data[17] = np.nan
    A = rng.standard_normal((40, 30))
    clustered = sp.diags(np.r_[np.ones(7), 0.999999 * np.ones(7), np.linspace(.9, .1, 186)])
    return {
        "sparse zeros 50 x 40, k = 3": (sp.csr_matrix((50, 40)), 3, [0, 0, 0]),
        "identity 200, k = 5: five copies of one value": (sp.identity(200, format="csr"), 5, [1] * 5),
        "two clusters of seven, 1e-6 apart, k = 10": (clustered.tocsr(), 10, [1] * 7 + [.999999] * 3),
        "four equal blocks, k = 8": (sp.block_diag([block] * 4).tocsr(), 8,
                                     np.repeat(np.linalg.svd(block.toarray(), compute_uv=False)[:2], 4)),
        "rank 2, k = 6": (sp.csr_matrix(np.outer(np.arange(30.), np.ones(20)) + np.eye(30, 20, 0) * 0
                                        + np.outer(np.ones(30), np.arange(20.))), 6, None),
        "k = min(m, n)": (sp.random(40, 12, 0.5, random_state=3, format="csr"), 12, None),
        "NaN among the entries": (bad, 3, "refusal"),
        "values from 1e-200": (sp.diags(np.r_[1e-200, 5e-201, np.full(50, 1e-202)]).tocsr(), 2, [1e-200, 5e-201]),
        "an operator whose adjoint is wrong": (
            LinearOperator((40, 30), matvec=lambda x: A @ x, rmatvec=lambda y: 2 * (A.T @ y),
                           matmat=lambda X: A @ X, rmatmat=lambda Y: 2 * (A.T @ Y), dtype=float), 3, "refusal"),
    }


# --- the judge ----------------------------------------------------------------------------------

def judge(A, U, s, Vt, sigma=None, relative=None, vectors_only=False, graded=False, accuracy=None, **_):
    """Returns "right", or what is wrong. accuracy: of truncated results; else rounding."""
    import numpy as np
    if not all(np.isfinite(x).all() for x in (U, s, Vt)):
        return "returns NaN or infinity"
    if (np.diff(s) > 0).any() or (s < 0).any() or np.signbit(s).any():
        return "values not in order, or negative"
    eps = np.finfo(float).eps
    size = max(A.shape, default=0)
    limit = accuracy or 5 * max(size, 1) * eps
    wide = np.longdouble
    for X in (U, Vt.T):
        if X.size and not np.abs(X.T.astype(wide) @ X.astype(wide) - np.eye(X.shape[1])).max() <= limit:
            return "vectors not orthonormal"
    scale = wide(s[0]) if s.size and s[0] > 0 else wide(1)
    if not vectors_only and s.size:
        W, Z = A.astype(wide) / scale, s.astype(wide) / scale
        off = max(np.abs(W @ Vt.T - U * Z).max(), np.abs(W.T @ U - Vt.T * Z).max())
        if not off <= limit:
            return f"residual {float(off):.0e}"
    if sigma is not None:
        exact = np.asarray(sigma, wide)
        if s.shape != exact.shape:
            return f"{len(s)} values instead of {len(exact)}"
        error = np.abs(s - exact)
        bound = relative * exact if relative is not None else limit * (exact[0] if exact.size else 1)
        if exact.size and not (error <= bound).all():
            worst = int(np.argmax(error / np.maximum(exact, 1e-320)))
            return f"value {worst + 1} is {s[worst]:.3g} instead of {float(exact[worst]):.3g}"
    if graded:  # D (I + 0.1 11^T) with a steep diagonal D: the product of all values is known
        n = len(s)
        logs = np.log10(np.maximum(s, 1e-320).astype(wide)).sum()
        exact = np.log10(wide(1 + 0.1 * n)) + np.log10(A[:, 1 % n].astype(wide) / np.where(np.arange(n) == 1 % n, 1.1, 0.1)).sum()
        if not abs(logs - exact) <= 1e-6:
            return f"the product of the values is 1e{float(logs):.0f} instead of 1e{float(exact):.0f}"
    return "right"


# --- one case in one process --------------------------------------------------------------------

def worker(engine, name, program):
    """Prints a verdict as JSON."""
    import numpy as np
    if engine in ("arpack", "sklearn", "eckart-k"):
        import scipy.sparse as sp
        A, k, expected = truncated_cases()[name]
        if engine == "sklearn" and not sp.issparse(A):
            return "takes no operators"
        if engine == "arpack":
            from scipy.sparse.linalg import svds
            U, s, Vt = svds(A, k)
            order = np.argsort(-s)
            U, s, Vt = U[:, order], s[order], Vt[order]
        elif engine == "sklearn":
            from sklearn.decomposition import TruncatedSVD
            model = TruncatedSVD(k, random_state=0).fit(A)
            s, Vt = model.singular_values_, model.components_
            U = np.divide(model.transform(A), s, out=np.zeros((A.shape[0], k)), where=s > 0)
        else:
            import eckart
            U, s, Vt = eckart.svd(A, k)
        if isinstance(expected, str):
            return "does not notice"
        full = A.toarray() if sp.issparse(A) else A
        # The accuracy of ARPACK and Eckart; scikit-learn's method promises none.
        return judge(full, U, s, Vt, sigma=expected, accuracy=1e-8)
    case = cases()[name]
    A = case["A"]
    if engine == "cli":
        with tempfile.TemporaryDirectory() as folder:
            np.save(f"{folder}/A.npy", A)
            extra = ["--method", "jacobi"] if case.get("accurate") else []
            done = subprocess.run([program, "svd", f"{folder}/A.npy", "-o", f"{folder}/out", *extra],
                                  capture_output=True, text=True)
            if done.returncode not in (0, 1):
                words = [line for line in done.stderr.splitlines() if line.startswith("eckart: ")]
                raise RuntimeError(words[0][8:].replace(f"{folder}/", "") if words else done.stderr)
            U, s, Vt = (np.load(f"{folder}/out/{x}.npy") for x in ("U", "s", "Vt"))
    elif engine == "eckart":
        import eckart
        U, s, Vt = eckart.svd(A, method="jacobi" if case.get("accurate") else "auto")
    else:
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
    if case.get("expect") == "refusal":
        return "returns NaN" if np.isnan(s).any() else "returns numbers"
    if case.get("expect") == "overflow":
        return "returns infinity" if np.isinf(s).any() else "returns numbers"
    return judge(U=U, s=s, Vt=Vt, **case)


def verdict(command, environment):
    """Runs a worker; returns its verdict, or how it ended."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return "**hangs**"
    if done.returncode < 0 or not done.stdout.strip():
        return f"**crashes** ({done.returncode})"
    answer = json.loads(done.stdout.splitlines()[-1])
    if "raises" in answer:
        return f"says: {answer['raises']}"
    return answer["verdict"] if answer["verdict"] in ("right", "takes no operators") else f"**{answer['verdict']}**"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--eckart", default=str(ROOT / "build/dev/bin/eckart"))
    parser.add_argument("--drop-in", default=str(ROOT / "build/dev/lib/libeckart_lapack.so"))
    parser.add_argument("--python", default=str(ROOT / "build/dev/python/venv/bin/python"))
    parser.add_argument("--mkl", help="libmkl_rt.so; left out without")
    parser.add_argument("--table", default=str(ROOT / "docs/reliability.md"))
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        try:
            print(json.dumps({"verdict": worker(*options.worker, options.eckart)}))
        except Exception as error:  # whatever it is, it is what the user of that engine sees
            text = " ".join(str(error).split())
            print(json.dumps({"raises": text[:110] + ("…" if len(text) > 110 else "")}))
        return

    debian = "/usr/bin/python3"
    plain = {**os.environ, "OMP_NUM_THREADS": "2"}
    plain.pop("OPENBLAS_CORETYPE", None)
    preload = lambda library: {**plain, "LD_PRELOAD": library}  # noqa: E731
    dense = {"NumPy, OpenBLAS": ("numpy", debian, plain)}
    if options.mkl:
        dense["NumPy, MKL"] = ("numpy", debian, {**preload(options.mkl), "MKL_THREADING_LAYER": "SEQUENTIAL"})
    dense |= {"NumPy, Eckart's drop-in": ("numpy", debian, preload(options.drop_in)),
              "eckart (Python)": ("eckart", options.python, plain),
              "eckart (command line)": ("cli", debian, plain)}
    truncated = {"SciPy svds (ARPACK)": ("arpack", options.python, plain),
                 "scikit-learn TruncatedSVD": ("sklearn", options.python, plain),
                 "eckart (Python)": ("eckart-k", options.python, plain)}

    def table(names, engines):
        lines = ["| case | " + " | ".join(engines) + " |", "|---" * (1 + len(engines)) + "|"]
        for name in names:
            cells = []
            for engine, python, environment in engines.values():
                cells.append(verdict([python, __file__, "--eckart", options.eckart, "--worker", engine, name],
                                     environment).replace("|", "\\|"))
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
        return "\n".join(lines)

    text = f"""# Hard cases

What comes out when a matrix is hard, here and elsewhere; written by `campaign/hard_cases.py`, which
gives every matrix to every program in a process of its own and stops it after {LIMIT} seconds.

*right*: finite, ordered values, orthonormal vectors and residuals within 5 max(m, n) eps of what the
definitions say in 80-bit arithmetic (truncated: within 1e-8), and the exact values where they are
known. *says*: the error that its user sees. **Bold**: what a program got wrong without a word.
Where digits of small values are asked for, Eckart is run with `method="jacobi"`.

## All triplets

{table(cases(), dense)}

## Leading triplets

{table(truncated_cases(), truncated)}
"""
    Path(options.table).write_text(text)


if __name__ == "__main__":
    sys.exit(main())
