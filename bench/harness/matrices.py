"""The matrices of the tasks: generated, or read from ECKART_DATA. Made once and kept on disk."""

import gzip
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.io
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg


class Matrix:
    """A (an array or CSR) with the folder of .npy files that the workers read. An array is kept in
    the order that its users have it in: by columns for LAPACK, by rows as NumPy makes it."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {"values": str(folder / "values.npy")}
        values = np.load(folder / "values.npy")
        if (folder / "offsets.npy").exists():
            self.files |= {part: str(folder / f"{part}.npy") for part in ("offsets", "columns")}
            shape = tuple(np.load(folder / "shape.npy"))
            columns, offsets = (np.load(self.files[part]) for part in ("columns", "offsets"))
            self.A = scipy.sparse.csr_matrix((values, columns, offsets), shape)
        else:
            self.A = values
        self.rows, self.cols = (int(size) for size in self.A.shape)

    @property
    def scalar(self):
        """"float32", "float64", "complex64" or "complex128"."""
        return self.A.dtype.name

    @property
    def by_rows(self):
        return not scipy.sparse.issparse(self.A) and not self.A.flags.f_contiguous

    @property
    def description(self):
        text = f"{self.rows} x {self.cols}"
        if scipy.sparse.issparse(self.A):
            return f"{text} sparse, {self.A.nnz} stored entries, {self.scalar}"
        return f"{text} dense, {self.scalar}, by {'rows' if self.by_rows else 'columns'}"

    def bytes(self):
        """What the entries take in a worker's memory."""
        return sum(os.path.getsize(file) for file in self.files.values())

    def reference(self, rank):
        """Returns the leading singular values: the known ones if the maker knew them, else
        computed once in double precision: of a dense matrix all by QR iteration, of a sparse one
        the leading ones by ARPACK to full precision. ARPACK is a contender too: a triplet that it
        misses would go unseen there."""
        file = self.folder / "reference.npy"
        if file.exists() and len(np.load(file)) >= (rank or min(self.rows, self.cols)):
            return np.load(file)[:rank]
        if not scipy.sparse.issparse(self.A):
            sigma = values_by_qr_iteration(self.A)
        else:
            sigma = scipy.sparse.linalg.svds(
                self.A, rank, tol=0, random_state=1, return_singular_vectors=False
            )
            sigma = np.sort(sigma)[::-1]
        np.save(file, sigma)
        return sigma[:rank]


class Stack(Matrix):
    """`count` matrices of one shape. A has the shape (count, rows, cols); the file holds one matrix
    after the other as the columns of a rows x (cols count) array."""

    def __init__(self, folder):
        self.folder = folder
        side_by_side = np.load(folder / "values.npy")
        self.count = int(np.load(folder / "count.npy"))
        self.files = {"values": str(folder / "values.npy"), "batch": self.count}
        self.rows, self.cols = side_by_side.shape[0], side_by_side.shape[1] // self.count
        self.A = np.ascontiguousarray(
            side_by_side.reshape(self.rows, self.count, self.cols).transpose(1, 0, 2)
        )

    by_rows = False

    @property
    def description(self):
        return f"{self.count} matrices of {self.rows} x {self.cols}, {self.scalar}"

    def reference(self, rank):
        file = self.folder / "reference.npy"
        if not file.exists():
            np.save(file, [values_by_qr_iteration(A) for A in self.A])
        return np.load(file)[:, :rank]


def values_by_qr_iteration(A):
    return scipy.linalg.svd(in_double(A), compute_uv=False, lapack_driver="gesvd")


def in_double(A):
    """Returns the same numbers in float64 or complex128."""
    return A.astype(np.promote_types(A.dtype, np.float64), copy=False)


def kept(make):
    """Decorates a maker of (A, known singular values or None): its matrix goes to disk under the
    maker's name and arguments, apart for each version of this file."""

    def with_arguments(*arguments):
        def matrix():
            version = hashlib.sha1(Path(__file__).read_bytes()).hexdigest()[:8]
            name = "-".join(str(part) for part in (make.__name__, *arguments))
            folder = Path(os.environ["ECKART_BENCH_CACHE"]) / version / name
            if not folder.exists():
                store(folder, *make(*arguments))
            return (Stack if (folder / "count.npy").exists() else Matrix)(folder)

        return matrix

    return with_arguments


def store(folder, A, sigma):
    making = folder.with_name(folder.name + ".making")
    making.mkdir(parents=True, exist_ok=True)
    if scipy.sparse.issparse(A):
        A = A.tocsr()
        A.sum_duplicates()
        np.save(making / "offsets.npy", A.indptr.astype(np.int64))
        np.save(making / "columns.npy", A.indices.astype(np.int64))
        np.save(making / "shape.npy", np.array(A.shape))
        np.save(making / "values.npy", A.data.astype(np.float64))
    elif A.ndim == 3:
        np.save(making / "count.npy", len(A))
        np.save(making / "values.npy", np.asfortranarray(np.hstack(A)))
    else:
        np.save(making / "values.npy", A)
    if sigma is not None:
        np.save(making / "reference.npy", sigma)
    making.rename(folder)


@kept
def gaussian(m, n, scalar="float64"):
    """Independent standard normal entries (of complex ones both parts): no gaps and no deflation,
    the hard case for D&C."""
    rng = np.random.default_rng(1)
    A = rng.standard_normal((m, n))
    if np.issubdtype(scalar, np.complexfloating):
        A = A + 1j * rng.standard_normal((m, n))
    return np.asfortranarray(A.astype(scalar)), None


@kept
def gaussian_stack(count, m, n):
    """Many small matrices of independent standard normal entries."""
    return np.random.default_rng(5).standard_normal((count, m, n)), None


@kept
def slow_decay(m, n):
    """sigma_i = 1 / sqrt(i) exactly, with incoherent random singular vectors: cosine transforms
    between random signs are orthogonal and cost little."""
    rng = np.random.default_rng(2)
    k = min(m, n)
    sigma = 1 / np.sqrt(np.arange(1, k + 1))

    def turn(X):
        signs = rng.choice([-1.0, 1.0], size=(2, len(X)))
        return signs[1][:, None] * scipy.fft.dct(signs[0][:, None] * X, axis=0, norm="ortho")

    A = np.zeros((m, n))
    A[np.arange(k), np.arange(k)] = sigma
    return np.ascontiguousarray(turn(turn(A).T).T), sigma


@kept
def uniform_sparse(m, n, entries):
    """Positions uniform without repetition, values uniform in (0, 1). The mean makes one large
    singular value; the others form a dense bulk, whose edge is what k > 1 asks for."""
    rng = np.random.default_rng(3)
    places = np.unique(rng.integers(0, m * n, size=entries + entries // 10))
    places = rng.choice(places, entries, replace=False)
    A = scipy.sparse.coo_matrix((rng.random(entries), (places // n, places % n)), (m, n))
    return A, None


@kept
def ratings_like(users, items, ratings):
    """Ratings as people give them: how many a user gives and an item gets follow power laws, and a
    rating in half stars from 0.5 to 5 is what both are inclined to, twelve tastes that they share
    or not, and chance. No place twice; users and items in random order."""
    rng = np.random.default_rng(6)

    def shares(count, offset, exponent):
        weights = (np.arange(count) + offset * count) ** -exponent
        return rng.permutation(weights / weights.sum())

    user_shares, item_shares = shares(users, 0.02, 0.9), shares(items, 0.005, 1.1)
    places = np.empty(0, dtype=np.int64)
    while len(places) < ratings:
        drawn = rng.choice(users, ratings, p=user_shares) * items
        drawn += rng.choice(items, ratings, p=item_shares)
        places = np.union1d(places, drawn)
    places = rng.choice(places, ratings, replace=False)
    user, item = places // items, places % items
    liked = 3.5 + rng.normal(0, 0.4, users)[user] + rng.normal(0, 0.5, items)[item]
    for strength in 0.45 * 0.85 ** np.arange(12):
        liked += strength * rng.standard_normal(users)[user] * rng.standard_normal(items)[item]
    stars = np.clip(np.round(2 * (liked + rng.normal(0, 0.7, ratings))) / 2, 0.5, 5)
    return scipy.sparse.coo_matrix((stars, (user, item)), (users, items)), None


@kept
def random_text(terms, documents):
    """Log-entropy weights of random counts with falling term frequencies; for the self test."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(3 / (1 + np.arange(terms))[:, None] ** 0.7, (terms, documents))
    return log_entropy(scipy.sparse.csr_matrix(counts.astype(np.float64))), None


@kept
def slashdot():
    """soc-Slashdot0902 as a directed graph: entry (i, j) = 1 for each arc i -> j."""
    folder = Path(os.environ["ECKART_DATA"]) / "sparse/snap"
    with gzip.open(folder / "soc-Slashdot0902.txt.gz", "rt") as lines:
        arcs = np.loadtxt(lines, dtype=np.int64)
    n = arcs.max() + 1
    A = scipy.sparse.csr_matrix((np.ones(len(arcs)), arcs.T), (n, n))
    A.data[:] = 1
    return A, np.loadtxt(folder / "soc-Slashdot0902_sigma101.txt")


@kept
def debian_text():
    """Log-entropy weights of the terms of Debian's package descriptions."""
    data = Path(os.environ["ECKART_DATA"])
    file = data / "sparse/debian_bookworm/desc_term_document_counts.mtx.gz"
    return log_entropy(scipy.io.mmread(file).tocsr()), spectrum("debian/descriptions_logentropy")


@kept
def fashion_mnist():
    """The training pictures of Fashion-MNIST, a row each, with the mean picture taken away."""
    file = Path(os.environ["ECKART_DATA"]) / "tabular/fashion-mnist/train-images-idx3-ubyte.gz"
    with gzip.open(file) as pixels:
        pictures = np.frombuffer(pixels.read()[16:], dtype=np.uint8).reshape(-1, 784)
    A = pictures.astype(np.float64)
    return A - A.mean(axis=0), spectrum("tabular/fashion_mnist_train_centred")


def spectrum(key):
    """Returns known singular values of a matrix of ECKART_DATA."""
    with gzip.open(Path(os.environ["ECKART_DATA"]) / "reference_spectra.json.gz", "rt") as file:
        return np.array(json.load(file)[key])


def log_entropy(counts):
    """a_ij = log2(1 + tf_ij) (1 + sum_j p_ij ln p_ij / ln n), p_ij = tf_ij / gf_i."""
    counts = counts[np.asarray(counts.sum(axis=1)).ravel() > 0]
    term = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    p = counts.data / np.asarray(counts.sum(axis=1)).ravel()[term]
    entropy = np.bincount(term, p * np.log(p), minlength=counts.shape[0])
    A = counts.astype(np.float64)
    A.data = np.log2(1 + A.data) * (1 + entropy / np.log(counts.shape[1]))[term]
    return A
