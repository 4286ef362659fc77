"""Copying and pickling graphs of any depth: nothing recurses, and what is copied together keeps its identities."""

from __future__ import annotations

from copy import deepcopy
from copyreg import __newobj__  # type: ignore[attr-defined]  # documented with the pickle protocol
from threading import local
from typing import Any, ClassVar
from weakref import ref

from autograd.graph import topological_order


class FlatCopies:
    """For nodes with `.parents` and slots: `copy.deepcopy` and `pickle` in topological order.

    A class says which of its slots are copied; the attributes that its subclasses add are all copied.
    """

    __slots__ = ()
    _copied_slots: tuple[str, ...]
    _copied_as: ClassVar[type | None] = None
    """The class of copies, if it is not this one."""
    _adds_attributes: ClassVar[bool] = False

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        own = vars(cls)
        if "_copied_slots" not in own and own.get("__slots__") != ():
            cls._adds_attributes = True

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        copied: set[Any] = memo.setdefault(FlatCopies, set())  # the memo's own keys are ids
        with_more = []
        for node in topological_order(self, seen=copied):
            if id(node) in memo:
                continue
            memo[id(node)] = node._copied_over(tuple([memo[id(parent)] for parent in node.parents]))
            if node._adds_attributes:
                with_more.append(node)
        for node in with_more:  # when all nodes are there: an attribute may be any of them
            memo[id(node)]._add(deepcopy(node._added(), memo))
        return memo[id(self)]

    def _copied_over(self, parents: tuple[Any, ...]) -> Any:
        """A copy of this node alone, with copies of its parents."""
        copy: Any = object.__new__(self._copied_as or type(self))
        for slot in self._copied_slots:
            setattr(copy, slot, getattr(self, slot))
        copy.parents = parents
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickler remembers a node before it writes the node's state. It writes the ancestors first, parents before
        # children: the slots refer only to what it has written.
        state = _current_session(), _Ancestors(self), *(getattr(self, slot) for slot in self._copied_slots)
        if self._adds_attributes:
            state += (self._added(),)
        return __newobj__, (self._copied_as or type(self),), state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        end = 2 + len(self._copied_slots)
        for slot, x in zip(self._copied_slots, state[2:end], strict=True):
            setattr(self, slot, x)
        for added in state[end:]:
            self._add(added)

    def _added(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The attributes that subclasses add: those in the `__dict__`, and those in slots."""
        state: Any = object.__getstate__(self)  # the default, documented with pickle
        in_dict, in_slots = state if isinstance(state, tuple) else (state, {})
        [known] = [vars(kind)["__slots__"] for kind in type(self).__mro__ if "_copied_slots" in vars(kind)]
        return in_dict or {}, {slot: x for slot, x in in_slots.items() if slot not in known}

    def _add(self, added: tuple[dict[str, Any], dict[str, Any]]) -> None:
        in_dict, in_slots = added
        if in_dict:
            self.__dict__.update(in_dict)
        for slot, x in in_slots.items():
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
