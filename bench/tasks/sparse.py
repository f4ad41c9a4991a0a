"""Leading triplets of generated sparse matrices."""

from harness.matrices import ratings_like, uniform_sparse
from harness.task import Bar, Case, Task

EXACT = ("eckart", "eckart_uncertified", "arpack", "primme", "spectra", "slepc")
ROUGH = (
    "eckart",
    "eckart_uncertified",
    "truncated",
    "randomized",
    "randomized_5",
    "gensim",
)
ROW = "sparse 10⁵×2·10⁴, 7.7 M nnz, k=50, residual ≤ 1e-9"
BARS = (
    Bar(ROW, ("arpack",), factor=5, aim=8),
    Bar(ROW, ("primme",), factor=2, aim=3),
)
ROUGH_BAR = Bar(
    "same at scikit-learn's default accuracy or better",
    ("truncated",),
    factor=8,
    aim=15,
    more_accurate=True,
)


def exact(matrix, name, k, effort="standard"):
    return Case(
        f"{name}, residual 1e-9", matrix, EXACT, rank=k, accuracy=1e-9, bars=BARS, effort=effort
    )


def rough(matrix, name, k, asked, accuracy, effort="quick"):
    """asked: the largest accuracy with which Eckart is as right as TruncatedSVD, in residual and
    in singular values."""
    return Case(
        f"{name}, the accuracy of scikit-learn's default",
        matrix,
        ROUGH,
        rank=k,
        accuracy=accuracy,
        asked=asked,
        bars=(ROUGH_BAR,),
        effort=effort,
    )


RATINGS = ratings_like(100_000, 20_000, 7_700_000)
UNIFORM = uniform_sparse(100_000, 20_000, 7_700_000)
TINY_RATINGS = ratings_like(400, 150, 3_000)
TINY_UNIFORM = uniform_sparse(400, 150, 3_000)

TASK = Task(
    name="sparse",
    title="Sparse, leading triplets",
    notes="Ratings-like: users and items give and get ratings by power laws. Uniform: positions "
    "uniform at random without repetition, values uniform in (0, 1): one large singular value, "
    "then a bulk without gaps.",
    cases=(
        exact(RATINGS, "ratings-like 100000 x 20000", 50),
        rough(RATINGS, "ratings-like 100000 x 20000", 50, asked=0.01, accuracy=0.017),
        exact(UNIFORM, "uniform 100000 x 20000", 50, effort="full"),
        rough(UNIFORM, "uniform 100000 x 20000", 50, asked=0.004, accuracy=0.018, effort="full"),
    ),
    tiny=(
        exact(TINY_RATINGS, "ratings-like 400 x 150", 5),
        rough(TINY_RATINGS, "ratings-like 400 x 150", 5, asked=0.1, accuracy=0.5),
        exact(TINY_UNIFORM, "uniform 400 x 150", 5),
    ),
)
