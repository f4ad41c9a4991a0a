"""What a benchmark task is. The tasks themselves are in bench/tasks/, one file each."""

from dataclasses import dataclass, field
from typing import Callable, Optional


@dataclass(frozen=True)
class Bar:
    """What Eckart must reach: factor times the fastest of the peers.

    While `more_accurate`, the peer need not reach the accuracy of the case: Eckart must be
    faster by the factor and at least as accurate, in residual and in singular values.
    """

    row: str
    peers: tuple[str, ...]
    factor: float
    aim: Optional[float] = None
    more_accurate: bool = False


@dataclass(frozen=True)
class Case:
    """One matrix and one question, put to several contenders.

    matrix: called without arguments, returns a matrices.Matrix.
    rank: number of leading triplets; None means all.
    vectors: False for the singular values alone.
    accuracy: what the residual and orthogonality of an answer must not exceed, relative to
        sigma_1; the singular values as well, where they are known.
    asked: the accuracy that contenders are told, where it is not that.
    options: told to every contender; those of the contender itself come first.
    rounds: at most so many, for cases that take minutes.
    reference: the contender that bars are about.
    """

    name: str
    matrix: Callable
    contenders: tuple[str, ...]
    rank: Optional[int] = None
    vectors: bool = True
    accuracy: float = 1e-12
    asked: Optional[float] = None
    bars: tuple[Bar, ...] = ()
    options: dict = field(default_factory=dict)
    rounds: Optional[int] = None
    reference: str = "eckart"
    effort: str = "standard"  # "quick", "standard" or "full": the smallest set that holds it


@dataclass(frozen=True)
class Task:
    """A file of results. `tiny` are the cases of the self test. `needs_data`: cases read files
    below the folder that ECKART_DATA names."""

    name: str
    title: str
    cases: tuple[Case, ...]
    tiny: tuple[Case, ...]
    needs_data: bool = False
    notes: str = ""


@dataclass(frozen=True)
class Measurement:
    """What has no contenders to take turns, and writes files of its own.

    run: called with pace, head (report.head without its facts), the file for what programs say
        on standard error, say, and whether it is the self test and sizes should be tiny.
        Returns {file name: text}.
    """

    name: str
    run: Callable
    effort: str = "standard"
