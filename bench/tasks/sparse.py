"""Leading triplets of a generated sparse matrix."""

from harness.matrices import uniform_sparse
from harness.task import Bar, Case, Task

EXACT = (
    "eckart",
    "eckart_uncertified",
    "arpack",
    "propack",
    "lobpcg",
    "primme",
    "randomized_5",
)
ROUGH = (
    "eckart",
    "eckart_uncertified",
    "eckart_randomized",
    "randomized",
    "randomized_5",
    "truncated",
)
ROW = "sparse 10⁵×2·10⁴, 7.7 M nnz, k=50, residual ≤ 1e-9"
BARS = (
    Bar(ROW, ("arpack",), factor=5, aim=8),
    Bar(ROW, ("primme",), factor=2, aim=3),
)
ROUGH_BAR = Bar("same at scikit-learn's default accuracy or better", ("truncated",), factor=8, aim=15)

# The residual that TruncatedSVD with its defaults reaches on this matrix, rounded up.
SKLEARN_ACCURACY = 0.0175


def exact(m, n, entries, k, effort="standard"):
    return Case(
        f"{m} x {n}, residual 1e-9",
        uniform_sparse(m, n, entries),
        EXACT,
        rank=k,
        accuracy=1e-9,
        bars=BARS,
        effort=effort,
    )


def rough(m, n, entries, k, accuracy=SKLEARN_ACCURACY, effort="quick"):
    return Case(
        f"{m} x {n}, the accuracy of scikit-learn's default",
        uniform_sparse(m, n, entries),
        ROUGH,
        rank=k,
        accuracy=accuracy,
        bars=(ROUGH_BAR,),
        effort=effort,
    )


TASK = Task(
    name="sparse",
    title="Sparse, leading triplets",
    notes="Positions uniform at random without repetition, values uniform in (0, 1): one large "
    "singular value, then a bulk without gaps.",
    cases=(exact(100_000, 20_000, 7_700_000, 50), rough(100_000, 20_000, 7_700_000, 50)),
    tiny=(exact(400, 150, 3_000, 5), rough(400, 150, 3_000, 5, accuracy=0.5)),
)
