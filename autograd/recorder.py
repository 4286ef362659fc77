"""What is noticed while a function runs for a tape: the nodes it makes, its comparisons, and numbers that leave it.

A `Recorder` is told of everything that Values do while it is the mode's recorder. What becomes of it, it does not know.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from operator import ge, gt, lt
from typing import Any

from autograd import activations, primitives
from autograd.anomalies import calling_line, is_outside
from autograd.modes import current, mode_with
from autograd.rules import Primitive, primitive
from autograd.value import Constant, Value

_new = object.__new__


class RecordingWarning(UserWarning):
    """While a tape was recorded, a number left the graph: what was computed from it will not follow the inputs."""


# --- operations that only a recording needs -------------------------------------------------------------------------


@primitive(symbol="=")
def detached(m, x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001 (a rule)
    """y = x, differentiated as a constant: the derivative is not 0 times something, there is none."""
    return x, (0.0,)


@primitive
def where_less(m, left, right, a, b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 (a rule)
    """y = a where left < right, else b;  dy/da and dy/db are 1 for the one that is taken."""
    condition = left < right
    return m.where(condition, a, b), (0.0, 0.0, m.where(condition, 1.0, 0.0), m.where(condition, 0.0, 1.0))


@primitive
def where_less_equal(m, left, right, a, b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 (a rule)
    """y = a where left <= right, else b;  dy/da and dy/db are 1 for the one that is taken."""
    condition = left <= right
    return m.where(condition, a, b), (0.0, 0.0, m.where(condition, 1.0, 0.0), m.where(condition, 0.0, 1.0))


WITHOUT_DERIVATIVES = {detached: 1, where_less: 2, where_less_equal: 2}
"""How many of the first operands nobody differentiates with respect to: there is no derivative, not one that is 0."""

# --- what is noticed ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guard:
    """A comparison that was made while recording: `left < right` (or <=), its outcome, and `file:line` of the code."""

    is_strict: bool
    left: Any
    right: Any
    outcome: bool
    line: str
    n_nodes: int
    """How many nodes had been made before."""


class _Condition:
    """A comparison inside a rule: it chooses between two Values in every replay anew, or becomes a guard."""

    def __init__(self, guards: Sequence[tuple[Recorder, Guard]]) -> None:
        self._guards = guards

    def __bool__(self) -> bool:
        return _guarded(self._guards)

    def choose(self, a: Any, b: Any) -> Any:
        """`a` where the comparison holds, else `b`."""
        _, guard = self._guards[0]
        choice = where_less if guard.is_strict else where_less_equal
        return choice(guard.left, guard.right, a, b)


def _guarded(guards: Sequence[tuple[Recorder, Guard]]) -> bool:
    """The outcome of a comparison, which each of these recorders keeps."""
    for recorder, guard in guards:
        recorder.guards.append(guard)
    return guards[0][1].outcome


class Recorder:
    """Told of what Values do, while it is the mode's recorder.

    It passes on what it is told to those that were listening when it began: their tapes may depend on it as well.

    Attributes:
        guards: the comparisons that were made, in order.
        draws: the nodes that hold random numbers, with the functions that draw them.
        leaves: the leaves that were made, which are constants.
        nodes: the results of operations, in the order in which they were made.
        lines: where a number left the graph, as `file:line: what happened`.
    """

    def __init__(self) -> None:
        self.guards: list[Guard] = []
        self.draws: dict[Value, Callable[[], float]] = {}
        self.leaves: set[Value] = set()
        self.lines: dict[str, None] = {}
        self.nodes: list[Value] = []
        self._variables: list[Value] = []
        self._outer: tuple[Recorder, ...] = ()

    @contextmanager
    def listening(self, parameters: Iterable[Value] = ()) -> Iterator[None]:
        """Inside, everything that Values do is told; reading the numbers of these parameters, too."""
        followed = [p for p in parameters if type(p) is Value]
        mode = current()
        if mode is not None and mode.recorder is not None:
            self._outer = mode.recorder, *mode.recorder._outer
        try:
            for parameter in followed:
                parameter.__class__ = _Followed
            with mode_with(records=True, detects_anomalies=False, recorder=self):
                yield
        finally:
            try:
                self._release(followed)
            except KeyboardInterrupt:  # in the middle of it
                self._release(followed)
                raise

    def _release(self, followed: Iterable[Value]) -> None:
        """Let Values that were followed be ordinary ones; nodes, as soon as nobody follows them."""
        for node in (*followed, *self._variables):
            node.__class__ = Value
        for node in self.nodes:
            node.__class__ = _Followed if self._outer else Value

    def variable(self, number: float) -> Value:
        """An input of the tape."""
        variable = Value(number)
        variable.__class__ = _Input
        self._variables.append(variable)
        return variable

    def node(
        self, data: float, parents: tuple[Value, ...], local_derivatives: tuple[float, ...], operation: Primitive
    ) -> Value:
        """The result of an operation."""
        node: Value = _new(_Followed)
        node._number = data
        node._grad = 0.0
        node.label = ""
        node.parents = parents
        node.local_derivatives = local_derivatives
        node.primitive = operation
        self.nodes.append(node)
        for recorder in self._outer:
            recorder.nodes.append(node)
        mode = current()
        return node if mode is None or mode.records or operation is detached else self.detached(node)

    def leaf(self, leaf: Value) -> None:
        """A leaf was made."""
        for recorder in (self, *self._outer):
            recorder.leaves.add(leaf)

    def detached(self, x: Value) -> Value:
        """The same number, differentiated as a constant."""
        return self.node(x._number, (x,), (0.0,), detached)

    def drawn(self, draw: Callable[[], float]) -> Constant:
        """A random number that each replay draws. Until then 1 stands in for it: nothing is drawn while recording."""
        leaf = Constant(1.0)
        self.draws[leaf] = draw
        return leaf

    def compared(self, holds: Callable[[float, float], bool], left: Value, right: Value) -> Any:
        """A comparison: its outcome, or a condition if a rule made it."""
        outcome = holds(left._number, right._number)
        if holds in {gt, ge}:
            left, right = right, left
        said = holds in {lt, gt}, left, right, outcome, calling_line()
        guards = [(recorder, Guard(*said, len(recorder.nodes))) for recorder in (self, *self._outer)]
        mode = current()
        return _Condition(guards) if mode is not None and mode.keeps_conditions else _guarded(guards)

    def notice(self, what: str) -> None:
        """A number is leaving the graph."""
        line = f"{calling_line()}: {what}"
        for recorder in (self, *self._outer):
            recorder.lines[line] = None

    def warn(self) -> None:
        """Point out, once for all, where numbers left the graph."""
        if self.lines:
            warnings.warn(
                f"while the tape was recorded, numbers left the graph ({'; '.join([*self.lines][:4])}):"
                " a replay does not compute anew what came of them. Compute with Values instead",
                RecordingWarning,
                stacklevel=3,
            )


class _Followed(Value):
    """A Value that depends on the inputs of a tape that is being recorded; an ordinary one when that has ended."""

    __slots__ = ()
    _copied_as = Value
    is_followed = True

    @property
    def data(self) -> float:
        self._notice("`.data` was read")
        return self._number

    @data.setter
    def data(self, number: float) -> None:
        self._notice("`.data` was assigned")
        self._assign(number)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Real):
            self._notice("compared by ==, which is identity; < and > compare numbers")
        return self is other

    __hash__ = Value.__hash__

    def __format__(self, spec: str) -> str:
        if spec:
            self._notice("its number was written as text")
        return super().__format__(spec)

    def __reduce_ex__(self, _: Any) -> Any:
        self._notice("copied")
        return Value, (self._number, self.label)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        self._notice("copied")
        return super().__deepcopy__(memo)

    def backward(self, seed: float = 1.0) -> None:
        self._notice("`backward()` was called; use autograd.gradients(..., create_graph=True)")
        super().backward(seed)

    @staticmethod
    def _notice(what: str) -> None:
        mode = current()
        if mode is not None and mode.recorder is not None:
            mode.recorder.notice(what)


class _Input(_Followed):
    """A number of an argument: in eager work a float, which sets and dicts find by its value."""

    __slots__ = ()

    def __hash__(self) -> int:
        if is_outside(sys._getframe(1)):
            self._notice("an input was looked up in a set or a dict, by identity and not by its number")
        return super().__hash__()


for _primitive in [*vars(primitives).values(), *vars(activations).values()]:
    if isinstance(_primitive, Primitive) and Value in _primitive.fast:
        _primitive.fast[_Followed] = _primitive.fast[_Input] = _primitive.fast[Value]
_Followed.__name__ = _Input.__name__ = "Value"  # which they are, for messages
