"""What svd returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._record import Record


class SVDResult(tuple[Any, ...]):
    """``U``, ``s``, ``Vt`` with A = U diag(s) Vt, and the ``report`` that says how right they are.

    Unpacks as ``U, s, Vt``. For each triplet the entry of the row of Vt of largest modulus is real
    and positive. ``U`` and ``Vt`` are None for values only. ``mean`` and ``scale`` are what the
    columns were centred and scaled by, ``eigenvalues`` those of a Hermitian matrix, in the order of
    ``s``; None where there are none.

    >>> import eckart
    >>> result = eckart.svd([[3.0, 2.0], [2.0, 3.0]])
    >>> U, s, Vt = result
    >>> s.round(12).tolist(), result.report.certificate.met
    ([5.0, 1.0], True)
    """

    report: Record
    eigenvalues: np.ndarray | None
    mean: np.ndarray | None
    scale: np.ndarray | None

    def __new__(cls,
                U: np.ndarray | None,
                s: np.ndarray,
                Vt: np.ndarray | None,
                report: Record,
                eigenvalues: np.ndarray | None = None,
                mean: np.ndarray | None = None,
                scale: np.ndarray | None = None) -> SVDResult:
        self = super().__new__(cls, (U, s, Vt))
        self.report = report
        self.eigenvalues = eigenvalues
        self.mean = mean
        self.scale = scale
        return self

    @property
    def U(self) -> Any:
        return self[0]

    @property
    def s(self) -> Any:
        return self[1]

    @property
    def Vt(self) -> Any:
        return self[2]

    # The names of numpy.linalg.svd.
    S = s
    Vh = Vt

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (*self, self.report, self.eigenvalues, self.mean, self.scale)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {'x'.join(map(str, part.shape))}"
                           for name, part in zip(("U", "s", "Vt"), self) if part is not None)
        met = self.report["certificate"]["met"] if "certificate" in self.report else self.report.met
        return f"SVDResult({shapes}; accuracy {'met' if met else 'NOT met'})"
