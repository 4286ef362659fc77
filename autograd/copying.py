"""Copying and pickling graphs of any depth: nothing recurses, and what is copied together keeps its identities."""

from __future__ import annotations

from collections.abc import Iterator
from copyreg import __newobj__  # type: ignore[attr-defined]  # documented with the pickle protocol
from threading import local
from typing import Any

from autograd.graph import topological_order


class FlatCopies:
    """For nodes with `.parents` and slots: `copy.deepcopy` and `pickle` in topological order."""

    __slots__ = ()
    _copied_slots: tuple[str, ...]

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        copied: set[Any] = memo.setdefault(FlatCopies, set())  # the memo's own keys are ids
        for node in topological_order(self, seen=copied):  # type: ignore[type-var]
            parents = tuple([memo[id(parent)] for parent in node.parents])  # type: ignore[attr-defined]
            memo[id(node)] = copy = object.__new__(type(node))
            copy.__setstate__((None, tuple(getattr(node, slot) for slot in node._copied_slots)))
            copy.parents = parents  # type: ignore[attr-defined]
        return memo[id(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        # The pickler knows this node before it writes the state, and it writes the ancestors, parents first, before the
        # node's own slots: whatever they refer to has been written by then.
        ancestors = None if self in _being_written() else _Ancestors(self)
        return __newobj__, (type(self),), (ancestors, tuple(getattr(self, slot) for slot in self._copied_slots))

    def __setstate__(self, state: tuple[Any, tuple[Any, ...]]) -> None:
        for slot, x in zip(self._copied_slots, state[1], strict=True):
            setattr(self, slot, x)


_pickling = local()


def _being_written() -> set[Any]:
    """The nodes whose ancestors the pickler of this thread has been given already."""
    nodes: set[Any] = getattr(_pickling, "nodes", set())
    return nodes


class _Ancestors(list[Any]):
    """The ancestors of a node as the pickler sees them: a list whose items it takes one by one, each flat."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._items()

    def _items(self) -> Iterator[Any]:
        order = topological_order(self.node)[:-1]
        before, _pickling.nodes = _being_written(), set(order)
        try:
            yield from order
        finally:
            _pickling.nodes = before
