"""Copying and pickling graphs of any depth: nothing recurses, and what is copied together keeps its identities."""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]  # documented with the pickle protocol
from threading import local
from typing import Any, ClassVar
from weakref import ref

from autograd.graph import topological_order


class FlatCopies:
    """For nodes with `.parents` and slots: `copy.deepcopy` and `pickle` in topological order."""

    __slots__ = ()
    _copied_slots: tuple[str, ...]
    _copied_as: ClassVar[type | None] = None
    """The class of copies, if it is not this one."""

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        copied: set[Any] = memo.setdefault(FlatCopies, set())  # the memo's own keys are ids
        for node in topological_order(self, seen=copied):
            if id(node) in memo:
                continue
            memo[id(node)] = node._copied_over(tuple([memo[id(parent)] for parent in node.parents]))
        return memo[id(self)]

    def _copied_over(self, parents: tuple[Any, ...]) -> Any:
        """A copy of this node alone, with copies of its parents."""
        copy: Any = object.__new__(self._copied_as or type(self))
        copy.__setstate__(tuple([getattr(self, slot) for slot in self._copied_slots]))
        copy.parents = parents
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickler remembers a node before it writes the node's state. It writes the ancestors first, parents before
        # children: the slots refer only to what it has written.
        state = _current_session(), _Ancestors(self), *(getattr(self, slot) for slot in self._copied_slots)
        return __newobj__, (self._copied_as or type(self),), state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        slots = self._copied_slots
        for slot, x in zip(slots, state[-len(slots) :], strict=True):
            setattr(self, slot, x)


class _Session:
    """Which nodes one pickler has been given. It stands in each node's state, so the pickler keeps it alive.

    A pickler asks an object to reduce itself once, then refers back to it. So whoever asks a second time is another
    pickler, one that has been given nothing yet; its session is a new one.
    """

    def __init__(self) -> None:
        self.given: set[Any] = set()
        self.begun = False

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.begun:
            self.begun = True
            return list, ()
        new = _Session()
        _thread.session = ref(new)
        return list, ([new],)


class _Ancestors:
    """A node's ancestors, as the pickler sees them: a list of those that it has not been given yet, parents first."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, iter(topological_order(self.node, seen=_current_session().given))


_thread = local()


def _current_session() -> _Session:
    session: _Session | None = getattr(_thread, "session", lambda: None)()
    if session is None:
        session = _Session()
        _thread.session = ref(session)
    return session
