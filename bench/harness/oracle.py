"""Says how right an answer is, from the matrix itself. Shares no code with Eckart."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class Verdict:
    residual: float = float("nan")  # max_i max(|Av - su|, |A'u - sv|) / sigma_1
    orthogonality: float = float("nan")  # the larger of |U'U - I|_F, |V'V - I|_F over sqrt(k)
    sigma_error: float = float("nan")  # max_i |sigma_i - reference| / sigma_1
    faults: list = field(default_factory=list)

    @property
    def accepted(self):
        return not self.faults


def read_answer(folder):
    """Returns U, sigma, V as a worker saved them; U and V are None for values only."""
    folder = Path(folder)
    parts = {
        part: np.load(folder / f"{part}.npy") if (folder / f"{part}.npy").exists() else None
        for part in ("U", "sigma", "V")
    }
    return parts["U"], parts["sigma"].ravel(), parts["V"]


def check(A, U, sigma, V, *, count, vectors, accuracy, reference):
    """Returns the Verdict on an answer that should have `count` triplets.

    Residuals cannot show that a leading triplet was missed; the reference values can.
    """
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
        verdict.residual = float(
            max(
                np.linalg.norm(A @ V - U * sigma, axis=0).max(),
                np.linalg.norm(A.T @ U - V * sigma, axis=0).max(),
            )
            / scale
        )
        identity = np.eye(count)
        verdict.orthogonality = float(
            max(np.linalg.norm(X.T @ X - identity) for X in (U, V)) / np.sqrt(count)
        )
        measures |= {"residual": verdict.residual, "orthogonality": verdict.orthogonality}
    faults += [
        f"{name} {value:.2g} > {accuracy:.2g}"
        for name, value in measures.items()
        if not value <= accuracy
    ]
    return verdict
