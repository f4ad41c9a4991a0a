"""Leading triplets of a sparse matrix from Python."""

from harness.matrices import ratings_like
from harness.task import Bar, Case, Task

ROW = "sparse 10⁵×2·10⁴, 7.7 M nnz, k=50, residual ≤ 1e-9"
ARPACK = Bar(ROW, ("arpack",), factor=5, aim=8)
TRUNCATED = Bar(
    "same at scikit-learn's default accuracy or better",
    ("truncated",),
    factor=8,
    aim=15,
    more_accurate=True,
)


def exact(matrix, name, k):
    return Case(
        f"{name}, residual 1e-9",
        matrix,
        ("eckart_python", "eckart", "arpack"),
        rank=k,
        accuracy=1e-9,
        bars=(ARPACK,),
        reference="eckart_python",
        effort="quick",
    )


def rough(matrix, name, k, asked, accuracy):
    return Case(
        f"{name}, the accuracy of scikit-learn's default",
        matrix,
        ("eckart_truncated_svd", "eckart", "truncated"),
        rank=k,
        accuracy=accuracy,
        asked=asked,
        bars=(TRUNCATED,),
        reference="eckart_truncated_svd",
        effort="quick",
    )


RATINGS = ratings_like(100_000, 20_000, 7_700_000)
TINY = ratings_like(400, 150, 3_000)

TASK = Task(
    name="python_sparse",
    title="Sparse matrices from Python",
    notes="eckart.svd beside scipy.sparse.linalg.svds, and eckart.TruncatedSVD (tol as asked) beside "
    "scikit-learn's with its defaults, on the same CSR matrix with users and items that give and "
    "get ratings by power laws; beside them the C++ program, to show what Python costs.",
    cases=(
        exact(RATINGS, "ratings-like 100000 x 20000", 50),
        rough(RATINGS, "ratings-like 100000 x 20000", 50, asked=0.01, accuracy=0.017),
    ),
    tiny=(
        exact(TINY, "ratings-like 400 x 150", 5),
        rough(TINY, "ratings-like 400 x 150", 5, asked=0.1, accuracy=0.5),
    ),
)
