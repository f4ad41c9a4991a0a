"""Latent semantic analysis of texts, as scikit-learn's text tools take them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from .._native import ext
from .._record import Record
from .._run import ProgressOption, real, run, whole
from .._shims import seed_of
from ._base import EngineModel

Hits = list[tuple[int, float]]


class LatentSemanticAnalysis(EngineModel):
    """Search text by meaning: the leading triplets of the weighted matrix of terms and documents.

    n_components: the number of triplets, or None with energy, the share of the sum of squares that
    they hold. weighting: "log-entropy", "tf-idf", "bm25", "log", "tf". tokens: "words" of any
    script, "ascii", or "names" (g++, x86-64). stop_words: "english", or a list of words. stem: the
    language whose endings are cut off, such as "english". ngrams: also runs of up to so many
    neighbouring words. min_df: terms in fewer documents are left out; max_df: those in a larger
    share of them. tol: the accuracy, relative to the largest singular value; 0: 1e-4, and
    the model keeps down to 1e-7. random_state: the seed. threads: CPUs at most. It is what ``eckart lsa``
    computes, bit for bit, and the files of either are those of the other.

    Attributes: components_ (a column for each term), singular_values_, terms_, n_components_,
    n_documents_, report_.

    >>> from eckart import LatentSemanticAnalysis
    >>> documents = ["the cat sat on the mat", "a cat and a dog", "dogs and cats",
    ...              "stocks fell on the news", "news of the stock market", "the market fell"]
    >>> model = LatentSemanticAnalysis(n_components=2, stem="english", stop_words="english")
    >>> model.fit_transform(documents).shape
    (6, 2)
    >>> [document for document, cosine in model.query("a cat", n=3)]
    [1, 2, 0]
    >>> model.document_similarity(1, 2) > 0.9 > 0.1 > abs(model.document_similarity(1, 4))
    True
    """

    _read_file = ext.lsa_read
    n_components_: int
    n_documents_: int

    def __init__(self, n_components: int | None = 100, *, weighting: str = "log-entropy",
                 tokens: str = "words", stop_words: Any = None, stem: str | None = None,
                 ngrams: int = 1, min_df: int = 1, max_df: float = 1.0,
                 energy: float | None = None, tol: float = 0.0, random_state: Any = None,
                 threads: int | None = None) -> None:
        self.n_components = n_components
        self.weighting = weighting
        self.tokens = tokens
        self.stop_words = stop_words
        self.stem = stem
        self.ngrams = ngrams
        self.min_df = min_df
        self.max_df = max_df
        self.energy = energy
        self.tol = tol
        self.random_state = random_state
        self.threads = threads

    # --- from documents to coordinates ----------------------------------------------------------

    def fit(self, documents: Iterable[str], y: Any = None, *, names: Iterable[Any] | None = None,
            progress: ProgressOption = None) -> LatentSemanticAnalysis:
        """Fits the model to texts, called by names or by their numbers from 1; y is not used."""
        texts = _texts(documents)
        if not texts:
            raise InvalidArgument("there are no documents")
        if (self.n_components is None) == (self.energy is None):
            raise InvalidArgument("say how many triplets by one of n_components and energy")
        k = None if self.n_components is None else whole("n_components", self.n_components, 1)
        energy = None if self.energy is None else real("energy", self.energy)
        if energy is not None and not 0 < energy <= 1:
            raise InvalidArgument(f"energy must be above 0 and at most 1, got {energy}")
        accuracy = real("tol", self.tol)
        if not 0 <= accuracy < 1:
            raise InvalidArgument(f"tol must be from 0 to 1, got {accuracy}")
        self._model = run(ext.lsa_fit, texts, [str(name) for name in names or ()],
                          _word("tokens", self.tokens), _stop_words(self.stop_words),
                          "" if self.stem is None else _word("stem", self.stem),
                          whole("ngrams", self.ngrams, 1), whole("min_df", self.min_df, 1),
                          real("max_df", self.max_df), _word("weighting", self.weighting), k,
                          energy, accuracy, seed_of(self.random_state), threads=self.threads,
                          progress=progress)
        self._adopt()
        return self

    def fit_transform(self, documents: Iterable[str], y: Any = None) -> np.ndarray:
        """Fits, and returns the coordinates of the documents: the rows of V diag(s)."""
        return self.fit(documents)._documents()

    def transform(self, documents: Iterable[str]) -> np.ndarray:
        """Returns the coordinates of texts, U^T q for each; zeros where no term is known."""
        return self._fold(_texts(documents), True)

    def _fold(self, texts: tuple[str, ...], documents: bool) -> np.ndarray:
        self._require_fit()
        rows: np.ndarray = run(self._model.fold, texts, documents, threads=self.threads)
        return rows

    def _documents(self) -> np.ndarray:
        return np.multiply(self._model.right().T, self.singular_values_, order="C")

    # --- questions ------------------------------------------------------------------------------

    def query(self, text: str | Iterable[str], n: int = 10) -> Any:
        """Returns (document, cosine) of the n documents nearest to a text, best first.

        Documents are counted from 0. Of several texts a list of such lists. Documents without any
        likeness are left out.
        """
        one = isinstance(text, str)
        rows = self._fold((text,) if isinstance(text, str) else _texts(text), False)
        lists = [_alike(hits) for hits in self._nearest(rows, True, whole("n", n, 1))]
        return lists[0] if one else lists

    def similar_documents(self, document: int, n: int = 10) -> Hits:
        """Returns (document, cosine) of the n documents nearest to a document of the fit."""
        return _alike(self._neighbours(self._number(document), True, n))

    def similar_terms(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """Returns (term, cosine) of the n terms nearest to a word."""
        self._require_fit()
        runs = ext.split_terms(self._model, word)
        found = self._model.find(max(runs, key=lambda term: term.count(" "), default=""))
        if found < 0:
            raise InvalidArgument(f"{word!r} is no term of the model: it is in too few of its "
                                  "documents")
        return [(self.terms_[term], cosine) for term, cosine in self._neighbours(found, False, n)]

    def _neighbours(self, number: int, document: bool, n: int) -> Hits:
        row = self._model.coordinates(number, document)[None, :]
        hits = self._nearest(row, document, whole("n", n, 1) + 1)[0]
        return [hit for hit in hits if hit[0] != number][:n]

    def _nearest(self, rows: np.ndarray, documents: bool, count: int) -> list[Hits]:
        lists: list[Hits] = run(self._model.nearest, rows, documents, count, threads=self.threads)
        return lists

    def document_similarity(self, i: int, j: int) -> float:
        """Returns the cosine between two documents of the fit; 0 of one without known terms."""
        a, b = (self._model.coordinates(self._number(at), True) for at in (i, j))
        lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
        return float(a @ b) / lengths if lengths > 0 else 0.0

    def get_topics(self, n_words: int = 10) -> list[list[tuple[str, float]]]:
        """Returns for each triplet the words of largest weight, with their signs."""
        self._require_fit()
        count = whole("n_words", n_words, 1)
        topics = []
        for row in self.components_:
            order = np.argsort(-np.abs(row), kind="stable")[:count]
            topics.append([(self.terms_[term], float(row[term])) for term in order])
        return topics

    def _number(self, document: int) -> int:
        self._require_fit()
        number = whole("document", document)
        if not 0 <= number < self.n_documents_:
            raise InvalidArgument(f"there is no document {number}; the model has 0 to "
                                  f"{self.n_documents_ - 1}")
        return number

    # --- the model ------------------------------------------------------------------------------

    @property
    def components_(self) -> np.ndarray:
        """U^T: a row for each triplet, a column for each of terms_."""
        self._require_fit()
        left: np.ndarray = self._model.left()
        return left

    @property
    def singular_values_(self) -> np.ndarray:
        """The singular values, in falling order."""
        self._require_fit()
        values: np.ndarray = self._model.sigma()
        return values

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LatentSemanticAnalysis:
        """Returns the model in a file of save or of ``eckart lsa fit``. Raises FileError."""
        model = ext.lsa_read(os.fspath(path))
        facts = model.facts()
        made = cls(np.asarray(model.sigma()).size, weighting=facts["weighting"], tokens=facts["tokens"],
                   stop_words=facts["stop_words"] or None, stem=facts["stem"] or None,
                   ngrams=facts["ngrams"])
        made._model = model
        made._adopt()
        return made

    def _adopt(self) -> None:
        """Learns from the engine's model what is asked for often."""
        self.terms_ = self._model.terms()
        self.n_components_ = len(self._model.sigma())
        self.n_documents_ = self._model.right().shape[1]
        report = self._model.facts()["report"]
        self.report_ = Record(json.loads(report) if report else {})

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _more_tags(self) -> dict[str, Any]:  # before scikit-learn 1.6
        return {"X_types": ["string"], "preserves_dtype": []}


LSA = LatentSemanticAnalysis


def _texts(documents: Iterable[str]) -> tuple[str, ...]:
    """Returns the documents, checked."""
    if isinstance(documents, (str, bytes)):
        raise InvalidArgument("expected an iterable of documents, got one text: [text]")
    texts = tuple(documents)
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"document {number} is {type(text).__name__}; expected str"
                            + (", decode it first" if isinstance(text, bytes) else ""))
    return texts


def _stop_words(words: Any) -> list[str]:
    if words is None:
        return []
    if words == "english":
        english: list[str] = ext.english_stop_words()
        return english
    if isinstance(words, str):
        raise InvalidArgument(f"stop_words must be 'english' or a list of words, got {words!r}")
    return [_word("stop_words", word) for word in words]


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a name, got {value!r}")
    return value


def _alike(hits: Hits) -> Hits:
    return [hit for hit in hits if hit[1] > 0]
