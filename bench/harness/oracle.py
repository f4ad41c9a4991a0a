"""Says how right an answer is, from the matrix itself. Shares no code with Eckart."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.matrices import in_double


@dataclass
class Verdict:
    residual: float = float("nan")  # max_i max(|Av - su|, |Aᴴu - sv|) / sigma_1
    orthogonality: float = float("nan")  # the larger of |UᴴU - I|_F, |VᴴV - I|_F over sqrt(k)
    sigma_error: float = float("nan")  # max_i |sigma_i - reference| / sigma_1
    faults: list = field(default_factory=list)

    @property
    def accepted(self):
        return not self.faults


def read_answer(folder):
    """Returns U, sigma, V as a worker saved them, in double precision; U and V are None for values
    only."""
    folder = Path(folder)
    parts = {
        part: np.load(folder / f"{part}.npy") if (folder / f"{part}.npy").exists() else None
        for part in ("U", "sigma", "V")
    }
    U, sigma, V = (part if part is None else in_double(part) for part in parts.values())
    return U, sigma.ravel(), V


def check(A, U, sigma, V, *, count, vectors, accuracy, reference):
    """Returns the Verdict on an answer that should have `count` triplets.

    Judged in double precision. Residuals cannot show that a leading triplet was missed; the
    reference values can.
    """
    A = in_double(A)
    if A.ndim == 3:
        return check_stack(
            A, U, sigma, V, count=count, vectors=vectors, accuracy=accuracy, reference=reference
        )
    verdict = Verdict()
    faults = verdict.faults
    if sigma.shape != (count,):
        faults.append(f"{sigma.size} singular values instead of {count}")
        return verdict
    shapes = {"U": (U, (A.shape[0], count)), "V": (V, (A.shape[1], count))} if vectors else {}
    for name, (factor, shape) in shapes.items():
        if factor is None or factor.shape != shape:
            faults.append(f"{name} is not {shape[0]} x {shape[1]}")
            return verdict
    if not all(np.isfinite(part).all() for part in (U, sigma, V) if part is not None):
        faults.append("not finite")
        return verdict
    if (sigma < 0).any() or (np.diff(sigma) > 0).any():
        faults.append("singular values are negative or out of order")

    scale = reference[0]
    verdict.sigma_error = float(np.abs(sigma - reference).max() / scale)
    measures = {"error of the singular values": verdict.sigma_error}
    if vectors:
        verdict.residual = worst_residual(A, U, sigma, V) / scale
        identity = np.eye(count)
        verdict.orthogonality = float(
            max(np.linalg.norm(adjoint(X) @ X - identity) for X in (U, V)) / np.sqrt(count)
        )
        measures |= {"residual": verdict.residual, "orthogonality": verdict.orthogonality}
    faults += [
        f"{name} {value:.2g} > {accuracy:.2g}"
        for name, value in measures.items()
        if not value <= accuracy
    ]
    return verdict


def worst_residual(A, U, sigma, V):
    """Returns max_i max(|Av - su|, |Aᴴu - sv|)."""
    return float(
        max(
            np.linalg.norm(A @ V - U * sigma, axis=0).max(),
            np.linalg.norm(adjoint(A) @ U - V * sigma, axis=0).max(),
        )
    )


def adjoint(X):
    """Returns the conjugate transpose of a matrix, or of each of a stack. What is real is not
    copied."""
    turned = X.swapaxes(-1, -2) if X.ndim == 3 else X.T
    return turned.conj() if np.iscomplexobj(X) else turned


def check_stack(A, U, sigma, V, *, count, vectors, accuracy, reference):
    """The Verdict on the factors of a stack of matrices, side by side as the workers save them:
    the worst of all, each relative to its own sigma_1."""
    stack, m, n = A.shape
    verdict = Verdict()
    if sigma.shape != (stack * count,):
        verdict.faults.append(f"{sigma.size} singular values instead of {stack * count}")
        return verdict
    sigma = sigma.reshape(stack, count)
    factors = []
    for name, factor, rows in (("U", U, m), ("V", V, n)) if vectors else ():
        if factor is None or factor.shape != (rows, stack * count):
            verdict.faults.append(f"{name} is not {rows} x {stack * count}")
            return verdict
        factors.append(factor.reshape(rows, stack, count).transpose(1, 0, 2))
    if not all(np.isfinite(part).all() for part in (sigma, *factors)):
        verdict.faults.append("not finite")
        return verdict
    if (sigma < 0).any() or (np.diff(sigma, axis=1) > 0).any():
        verdict.faults.append("singular values are negative or out of order")
    scale = reference[:, :1]
    verdict.sigma_error = float((np.abs(sigma - reference) / scale).max())
    measures = {"error of the singular values": verdict.sigma_error}
    if vectors:
        U, V = factors
        values = sigma[:, None, :]
        right = np.linalg.norm(A @ V - U * values, axis=1)
        left = np.linalg.norm(adjoint(A) @ U - V * values, axis=1)
        verdict.residual = float((np.maximum(right, left) / scale).max())
        verdict.orthogonality = float(
            max(
                np.linalg.norm(adjoint(X) @ X - np.eye(count), axis=(1, 2)).max()
                for X in factors
            )
            / np.sqrt(count)
        )
        measures |= {"residual": verdict.residual, "orthogonality": verdict.orthogonality}
    verdict.faults += [
        f"{name} {value:.2g} > {accuracy:.2g}"
        for name, value in measures.items()
        if not value <= accuracy
    ]
    return verdict
