"""How right is it? The certificates of one matrix from four makers, the wrong ones among them.

Usage: how_right.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse

import eckart
import numpy as np


def make_matrix():
    """Returns a matrix whose singular values fall slowly: hard for a sketch."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((400, 300)) + 5 * np.outer(rng.random(400), rng.random(300))


def makers(A, k):
    """Returns (U, s, Vt) of k triplets by maker."""
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(A @ rng.standard_normal((A.shape[1], k)))[0]  # a sketch, no iteration
    W, s, Vt = np.linalg.svd(Q.T @ A, full_matrices=False)
    full = np.linalg.svd(A, full_matrices=False)
    return {
        "eckart": tuple(eckart.svd(A, k)),
        "numpy, the leading ones": (full[0][:, :k], full[1][:k], full[2][:k]),
        "numpy, one left out": (full[0][:, 1:k + 1], full[1][1:k + 1], full[2][1:k + 1]),
        "a sketch": (Q @ W, s, Vt),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    A, k = make_matrix(), 10
    residuals = {}
    for maker, factors in makers(A, k).items():
        found = eckart.check(A, *factors)
        residuals[maker] = found.residuals
        print(f"{maker:<24} residual {found.residual.value:.0e}  {'met' if found.met else 'NOT met'}")
        for finding in found.findings:
            print(f"    {finding}")

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(6, 4))
        for maker, values in residuals.items():
            axes.semilogy(range(1, k + 1), values, "o-", label=maker)
        axes.set(xlabel="triplet", ylabel="residual over σ₁")
        axes.legend()
        figure.tight_layout()
        figure.savefig(picture, dpi=120)


main()
