"""Reports: what the engine says about a run, by the names of ``report.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class Record(Mapping[str, Any]):
    """A read-only mapping whose entries are attributes as well.

    >>> import eckart
    >>> plan = eckart.plan([[1.0, 2.0], [3.0, 4.0]])
    >>> plan.method, plan["method"]
    ('dense', 'dense')
    """

    __slots__ = ("_content",)

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = {name: Record(value) if isinstance(value, dict) else value
                         for name, value in content.items()}

    def _fields(self) -> Mapping[str, Any]:
        return self._content

    def __getitem__(self, name: str) -> Any:
        return self._fields()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._fields()[name]
        except KeyError:
            known = ", ".join(self._fields())
            raise AttributeError(f"there is no {name!r} here; there are {known}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields()]

    def __repr__(self) -> str:
        lines = [f"  {name}: {_brief(value)}" for name, value in self._fields().items()]
        return "\n".join([type(self).__name__ + ":", *lines])

    def __reduce__(self) -> Any:
        return Record, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain dictionaries, lists, numbers and strings: what JSON holds."""
        return {name: value.to_dict() if isinstance(value, Record) else value
                for name, value in self._fields().items()}


def _brief(value: Any) -> str:
    if isinstance(value, Record):
        return "{" + ", ".join(f"{name}: {_brief(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list) and len(value) > 5:
        return f"[{_brief(value[0])}, ... {len(value)} entries]"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


class Report(Record):
    """The report of a run, read from the engine when it is first looked at."""

    __slots__ = ("_native",)

    def __init__(self, native: Any) -> None:
        self._native = native

    def _fields(self) -> Mapping[str, Any]:
        if self._native is not None:
            super().__init__(json.loads(self._native.json()))
            self._native = None
        return self._content
