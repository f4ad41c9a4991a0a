"""Who rated what, and how: from what users have to pairs of numbers with ratings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._errors import InvalidArgument, NonFiniteInput
from .._inputs import is_sparse


class Ratings(NamedTuple):
    """Rating p is that of user users[p] for item items[p], both numbers among the labels."""

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    user_labels: list[Any]
    item_labels: list[Any]


def is_triples(ratings: Any) -> bool:
    """Whether ratings are triples (user, item, rating): a list of tuples, a tuple of three columns,
    or a table with columns of those names. Anything else is a matrix."""
    if isinstance(ratings, tuple):
        return len(ratings) == 3 and all(np.ndim(column) == 1 for column in ratings)
    if isinstance(ratings, list):
        return bool(ratings) and all(isinstance(entry, tuple) for entry in ratings)
    return {"user", "item", "rating"} <= set(getattr(ratings, "columns", ()))


def ratings_of_triples(ratings: Any) -> Ratings:
    """Numbers users and items by their first appearance, as files are read."""
    if isinstance(ratings, tuple):
        users, items, values = ratings
    elif isinstance(ratings, list):
        odd = next((at for at, entry in enumerate(ratings) if len(entry) != 3), None)
        if odd is not None:
            raise InvalidArgument(f"rating {odd} is {ratings[odd]!r}; expected (user, item, rating)")
        users, items, values = zip(*ratings)
    else:
        users, items, values = (ratings[name] for name in ("user", "item", "rating"))
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"ratings must be numbers, got {values.dtype}: triples are (user, item, "
                        "rating)")
    values = values.astype(np.float64)
    if not len(users) == len(items) == len(values):
        raise InvalidArgument(f"there are {len(users)} users, {len(items)} items and {len(values)} "
                              "ratings; expected as many of each")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise NonFiniteInput(f"rating {bad[0]} is {values[bad[0]]}; leave out what is missing")
    user_numbers, user_labels = _numbered(users)
    item_numbers, item_labels = _numbered(items)
    return Ratings(user_numbers, item_numbers, values, user_labels, item_labels)


def _numbered(labels: Any) -> tuple[np.ndarray, list[Any]]:
    """Returns the number of each label, in the order of first appearance, and the labels."""
    distinct, first, numbers = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[numbers.reshape(-1)], distinct[order].tolist()


def ratings_of_matrix(X: Any, user_labels: Any = None, item_labels: Any = None) -> Ratings:
    """Takes a matrix of users (rows) and items (columns): NaN, or not stored, is not rated."""
    if is_sparse(X):
        X = X.tocoo(copy=True)
        X.sum_duplicates()
        rated = ~np.isnan(X.data)
        rows, cols, values = X.row[rated], X.col[rated], X.data[rated]
        order = np.lexsort((cols, rows))
        rows, cols, values = rows[order], cols[order], values[order]
    else:
        rows, cols = np.nonzero(~np.isnan(X))
        values = X[rows, cols]
    m, n = X.shape
    return Ratings(rows.astype(np.int32), cols.astype(np.int32), values.astype(np.float64),
                   list(range(m)) if user_labels is None else list(user_labels),
                   list(range(n)) if item_labels is None else list(item_labels))


def label_of(name: str) -> Any:
    """Returns the label of a name in a file: a number where it is written as one."""
    return int(name) if name.isascii() and name.isdigit() and str(int(name)) == name else name
