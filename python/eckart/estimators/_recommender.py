"""A recommender: matrix factorisation of ratings."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from .._native import ext
from .._run import ProgressOption, real, run, whole
from .._shims import seed_of
from ._base import EngineModel
from ._ratings import Ratings, is_triples, label_of, ratings_of_matrix, ratings_of_triples


class SVDRecommender(EngineModel):
    """Predicts ratings, and recommends items, by factors of users and items.

    Ratings are a matrix of users (rows) and items (columns) in which NaN means "not rated"; a sparse
    matrix, whose stored entries are the ratings; or triples (user, item, rating): a list of tuples,
    a tuple of three columns, or a table with columns of those names. Users and items are called as
    in the triples, by index and columns of a table, or by row and column.

    n_factors, regularization, n_epochs, learning_rate: None as the method has them. method: "svd"
    (biases and factors by gradient descent), "svd++", "als"; "implicit-als" and "pure-svd" learn an
    order and no ratings. random_state: the seed. threads: CPUs at most. It is what ``eckart
    recommend`` computes, bit for bit, and the files of either are those of the other.

    Attributes: user_factors_, item_factors_, user_bias_, item_bias_, mean_, scale_ (the least and the
    largest rating), users_, items_.

    >>> import numpy as np
    >>> from eckart import SVDRecommender
    >>> nan = np.nan
    >>> ratings = [[5, 4, nan, 1, nan], [4, nan, 5, 1, 2], [nan, 5, 4, nan, 1],
    ...            [1, nan, 2, 5, 4], [2, 1, nan, 4, nan], [nan, 1, 1, nan, 5]]
    >>> model = SVDRecommender(n_factors=2, n_epochs=100).fit(ratings)
    >>> model.predict(0, 2) > 3 > model.predict(0, 4)
    True
    >>> [item for item, rating in model.recommend(4, n_items=2)]
    [4, 2]
    """

    _read_file = ext.recommender_read
    users_: list[Any]
    items_: list[Any]
    mean_: float
    scale_: tuple[float, float]

    def __init__(self, n_factors: int | None = None, regularization: float | None = None, *,
                 n_epochs: int | None = None, learning_rate: float | None = None,
                 method: str = "svd", random_state: Any = None,
                 threads: int | None = None) -> None:
        self.n_factors = n_factors
        self.regularization = regularization
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.method = method
        self.random_state = random_state
        self.threads = threads

    # --- learning -------------------------------------------------------------------------------

    def fit(self, ratings: Any, y: Any = None, *,
            progress: ProgressOption = None) -> SVDRecommender:
        """Learns from ratings; y is not used."""
        if not isinstance(self.method, str):
            raise TypeError(f"method must be a name, got {self.method!r}")
        whole_or_none = {name: None if value is None else whole(name, value, 1)
                         for name, value in (("n_factors", self.n_factors),
                                             ("n_epochs", self.n_epochs))}
        real_or_none = {name: None if value is None else real(name, value)
                        for name, value in (("regularization", self.regularization),
                                            ("learning_rate", self.learning_rate))}
        known = self._read(ratings, True)
        if len(known.values) == 0:
            raise InvalidArgument("there is no rating to learn from")
        self._model = run(ext.recommender_fit, known.users, known.items, known.values,
                          [str(label) for label in known.user_labels],
                          [str(label) for label in known.item_labels], self.method,
                          whole_or_none["n_factors"], whole_or_none["n_epochs"],
                          real_or_none["regularization"], real_or_none["learning_rate"],
                          seed_of(self.random_state), threads=self.threads, progress=progress)
        self._adopt(known.user_labels, known.item_labels)
        return self

    def _read(self, ratings: Any, reset: bool) -> Ratings:
        """Returns ratings in any of their forms, checked; in fit they say what the items are."""
        if is_triples(ratings):
            known = ratings_of_triples(ratings)
            if reset:
                self.n_features_in_ = len(known.item_labels)
                self.__dict__.pop("feature_names_in_", None)
            return known
        X = self._matrix_with_blanks(ratings, reset)
        if not hasattr(ratings, "columns"):
            return ratings_of_matrix(X)
        return ratings_of_matrix(X, getattr(ratings, "index", None), ratings.columns)

    def _adopt(self, user_labels: list[Any], item_labels: list[Any]) -> None:
        facts = self._model.facts()
        self.users_, self.items_ = user_labels, item_labels
        self._user_numbers = {str(label): number for number, label in enumerate(user_labels)}
        self._item_numbers = {str(label): number for number, label in enumerate(item_labels)}
        self.n_factors_, self.mean_, self.scale_ = facts["rank"], facts["mean"], facts["scale"]

    # --- questions ------------------------------------------------------------------------------

    def predict(self, users: Any, items: Any = None) -> Any:
        """Returns the rating of a user for an item, or an array for arrays of users and items.

        Ratings lie on the scale of those that were learnt; "implicit-als" and "pure-svd" give scores
        instead. Of an unknown user or item only the mean and the bias of the other count.
        Without items the first argument is a matrix of ratings, a row for each new user: returns the
        item that each would rate highest, of those not rated where there are any.
        """
        self._require_fit()
        if items is None:
            known = self._read_rows(users)
            scores = self._answers_of_rows(known)
            rated = np.zeros(scores.shape, bool)
            rated[known.users, known.items] = True
            rated[rated.all(axis=1)] = False
            best = np.argmax(np.where(rated, -np.inf, scores), axis=1)
            return np.array([self.items_[item] for item in best])
        one = np.ndim(users) == 0 and np.ndim(items) == 0
        pairs = np.broadcast_arrays(_labels(users), _labels(items))
        rows, columns = (
            np.array([numbers.get(str(label), -1) for label in side.ravel().tolist()], np.int32)
            for side, numbers in zip(pairs, (self._user_numbers, self._item_numbers)))
        answers = self._predictions(rows, columns, self._model).reshape(pairs[0].shape)
        return float(answers) if one else answers

    def complete(self, ratings: Any) -> np.ndarray:
        """Returns a matrix of ratings whose blanks are predicted, each row being a new user."""
        self._require_fit()
        known = self._read_rows(ratings)
        filled = self._answers_of_rows(known)
        filled[known.users, known.items] = known.values
        return filled

    def _answers_of_rows(self, known: Ratings, kept: Any = slice(None)) -> np.ndarray:
        """Returns what new users would give to every item, a row for each."""
        model, count = self._with_users(known, kept)
        first, n = len(self.users_), len(self.items_)
        rows = np.repeat(np.arange(first, first + count, dtype=np.int32), n)
        columns = np.tile(np.arange(n, dtype=np.int32), count)
        return self._predictions(rows, columns, model).reshape(count, n)

    def _predictions(self, users: np.ndarray, items: np.ndarray, model: Any) -> np.ndarray:
        answers: np.ndarray = run(model.predict, users, items, threads=self.threads)
        return answers

    def recommend(self, user: Any, n_items: int = 10,
                  exclude_rated: bool = True) -> list[tuple[Any, float]]:
        """Returns (item, rating) of the n items that the user would rate highest, best first."""
        number = self._number(user, self._user_numbers, "user")
        hits = run(self._model.top, np.array([number], np.int32), whole("n_items", n_items, 1),
                   bool(exclude_rated), threads=self.threads)[0]
        found = [item for item, _ in hits]
        scores = (self._predictions(np.full(len(found), number, np.int32),
                                    np.array(found, np.int32), self._model).tolist()
                  if self._learns_ratings() else [score for _, score in hits])
        return [(self.items_[item], score) for item, score in zip(found, scores)]

    def similar_items(self, item: Any, n: int = 10) -> list[tuple[Any, float]]:
        """Returns (item, cosine) of the n items whose factors are most like those of an item."""
        number = self._number(item, self._item_numbers, "item")
        return [(self.items_[at], cosine)
                for at, cosine in self._model.similar_items(number, whole("n", n, 1))]

    def similar_users(self, user: Any, n: int = 10) -> list[tuple[Any, float]]:
        """Returns (user, cosine) of the n users whose factors are most like those of a user."""
        number = self._number(user, self._user_numbers, "user")
        return [(self.users_[at], cosine)
                for at, cosine in self._model.similar_users(number, whole("n", n, 1))]

    def score(self, ratings: Any, y: Any = None) -> float:
        """Returns the negative RMSE of predicted ratings: the larger, the better.

        Triples are ratings of the users of the fit. Rows of a matrix are new users: every second
        rating of each is predicted from the others. Of methods that learn an order: how often an item
        that was rated comes before one that was not, 0.5 being chance.
        """
        self._require_fit()
        if is_triples(ratings):
            known = ratings_of_triples(ratings)
            users, items = ([labels[number] for number in numbers] for labels, numbers in (
                (known.user_labels, known.users), (known.item_labels, known.items)))
            if self._learns_ratings():
                return _negative_rmse(self.predict(users, items), known.values)
            table = self.predict(np.array(known.user_labels, object)[:, None], self.items_)
            hidden = np.zeros(table.shape, bool)
            for user, item in zip(known.users, items):
                if str(item) in self._item_numbers:
                    hidden[user, self._item_numbers[str(item)]] = True
            return _share_in_order(table, hidden, ~hidden)
        known = self._read_rows(ratings)
        first = np.searchsorted(known.users, known.users)  # rating of the user
        odd = (np.arange(len(known.users)) - first) % 2 == 1
        table = self._answers_of_rows(known, ~odd)
        if self._learns_ratings():
            return _negative_rmse(table[known.users[odd], known.items[odd]], known.values[odd])
        hidden, blank = np.zeros(table.shape, bool), np.ones(table.shape, bool)
        hidden[known.users[odd], known.items[odd]] = True
        blank[known.users, known.items] = False
        return _share_in_order(table, hidden, blank)

    def _learns_ratings(self) -> bool:
        return bool(self._model.facts()["predicts_ratings"])

    def transform(self, ratings: Any) -> np.ndarray:
        """Returns the factors of new users, one for each row of a matrix of ratings."""
        self._require_fit()
        model, count = self._with_users(self._read_rows(ratings))
        factors: np.ndarray = model.user_factors()[len(self.users_):len(self.users_) + count]
        return factors.astype(np.float64)

    def _read_rows(self, ratings: Any) -> Ratings:
        if is_triples(ratings):
            raise InvalidArgument("triples name their users; new users are rows of a matrix with a "
                                  "column for each item")
        return self._read(ratings, False)

    def _with_users(self, known: Ratings, kept: Any = slice(None)) -> tuple[Any, int]:
        """Returns the engine's model with new users behind the others, and their number."""
        count = len(known.user_labels)
        return run(self._model.with_users, known.users[kept], known.items[kept], known.values[kept],
                   count, threads=self.threads), count

    def _number(self, label: Any, numbers: dict[str, int], what: str) -> int:
        self._require_fit()
        number = numbers.get(str(label))
        if number is None:
            raise InvalidArgument(f"{label!r} is no {what} of the model, which knows {len(numbers)}")
        return number

    # --- the model ------------------------------------------------------------------------------

    @property
    def user_factors_(self) -> np.ndarray:
        """A row for each of users_."""
        return self._array("user_factors")

    @property
    def item_factors_(self) -> np.ndarray:
        """A row for each of items_."""
        return self._array("item_factors")

    @property
    def user_bias_(self) -> np.ndarray:
        """A number for each of users_; none if an order was learnt."""
        return self._array("user_bias").reshape(-1)

    @property
    def item_bias_(self) -> np.ndarray:
        """A number for each of items_; none if an order was learnt."""
        return self._array("item_bias").reshape(-1)

    def _array(self, name: str) -> np.ndarray:
        self._require_fit()
        values: np.ndarray = getattr(self._model, name)()
        return values

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SVDRecommender:
        """Returns the model in a file of save or of ``eckart recommend fit``. Raises FileError.

        Names that are written as whole numbers become numbers.
        """
        model = ext.recommender_read(os.fspath(path))
        facts = model.facts()
        options = facts["options"]
        kinds = {"svdpp": "svd++", "implicit_als": "implicit-als", "pure_svd": "pure-svd"}
        made = cls(facts["rank"], options.get("regularization"),
                   method=kinds.get(facts["kind"], facts["kind"]))
        made._model = model
        made._adopt([label_of(name) for name in model.users()],
                    [label_of(name) for name in model.items()])
        made.n_features_in_ = len(made.items_)
        return made

    @property
    def _n_features_out(self) -> int:
        return int(self.n_factors_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags

    def _more_tags(self) -> dict[str, Any]:  # before scikit-learn 1.6
        return {"allow_nan": True, "preserves_dtype": [np.float64]}


def _labels(labels: Any) -> np.ndarray:
    """Returns labels as an array of objects: 3 stays 3 beside "three"."""
    return np.array(labels.tolist() if isinstance(labels, np.ndarray) else labels, dtype=object)


def _negative_rmse(answers: np.ndarray, ratings: np.ndarray) -> float:
    if len(ratings) == 0:
        raise InvalidArgument("no user has two ratings: there is nothing to predict")
    return -float(np.sqrt(np.mean((answers - ratings) ** 2)))


def _share_in_order(scores: np.ndarray, before: np.ndarray, behind: np.ndarray) -> float:
    """Returns the mean, over the rows that have both, of how many pairs are in that order."""
    shares = []
    for row, first, second in zip(scores, before, behind):
        if first.any() and second.any():
            difference = row[first][:, None] - row[second]
            shares.append(np.mean((difference > 0) + 0.5 * (difference == 0)))
    return float(np.mean(shares)) if shares else 0.5
