"""`Value`: a number that remembers how it was computed, and can be differentiated.

A node of the computational graph holds its number, its parents and its local derivatives, all set when it is made; the
backward pass only multiplies and adds. Which operations there are is read from the table of primitives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Real
from operator import attrgetter, ge, gt, le, lt
from typing import Any, ClassVar, TypeAlias

from autograd import primitives
from autograd.anomalies import calling_line, refuse_derivatives, refuse_result
from autograd.copying import FlatCopies
from autograd.graph import adjoints, topological_order
from autograd.methods import Methods
from autograd.modes import current
from autograd.refusals import RefusesToBeAFloat
from autograd.rules import Primitive, number
from autograd.systems import FLOATS

_new = object.__new__

# --- making nodes ---------------------------------------------------------------------------------------------------


def _node(data: float, parents: tuple[Value, ...], local_derivatives: tuple[float, ...], primitive: Primitive) -> Value:
    """The result of an operation, as a node of the graph."""
    mode = current()
    if mode is not None:
        if mode.detects_anomalies:
            refuse_result(data, parents, local_derivatives, primitive)
        if mode.recorder is not None:
            made: Value = mode.recorder.node(data, parents, local_derivatives, primitive)
            return made
        if not mode.records:
            return Value(data)
    node = _new(Value)
    node._number = data
    node._grad = 0.0
    node.label = ""
    node.parents = parents
    node.local_derivatives = local_derivatives
    node.primitive = primitive
    if mode is not None and mode.detects_anomalies:
        node._line = calling_line()
    return node


def _lifted(x: Any) -> Value | None:
    """x as a Value: itself, a plain number as a constant; None if it is neither."""
    if type(x) is float or type(x) is int:  # the usual case; isinstance with an abstract class is slow
        return Constant(x)
    if isinstance(x, Value):
        return x
    return Constant(x) if isinstance(x, Real) and not hasattr(type(x), "interpret") else None


def _unary(primitive: Primitive) -> Callable[[Value], Value]:
    """A method of Value that applies a primitive of one operand, faster than the general one."""
    rule = primitive.rule

    def method(self: Value) -> Value:
        try:
            data, local_derivatives = rule(FLOATS, self._number)
        except (ArithmeticError, ValueError) as error:
            primitive.explain(error, (self,))
            raise
        return _node(data, (self,), local_derivatives, primitive)

    method.__name__, method.__qualname__, method.__doc__ = primitive.name, f"Value.{primitive.name}", primitive.__doc__
    return method


def _binary(primitive: Primitive) -> tuple[Callable[[Value, Number], Value], Callable[[Value, Number], Value]]:
    """An operator of Value, and its reflected form."""
    rule = primitive.rule

    # The one place that is written for speed: it calls the rule directly, and makes the node without a further call.
    def operator(self: Value, other: Number) -> Value:
        if type(other) is not Value:
            lifted = _lifted(other)
            if lifted is None:
                return NotImplemented
            other = lifted
        try:
            data, local_derivatives = rule(FLOATS, self._number, other._number)
        except (ArithmeticError, ValueError) as error:
            primitive.explain(error, (self, other))
            raise
        if current() is not None:
            return _node(data, (self, other), local_derivatives, primitive)
        node = _new(Value)
        node._number = data
        node._grad = 0.0
        node.label = ""
        node.parents = (self, other)
        node.local_derivatives = local_derivatives
        node.primitive = primitive
        return node

    def reflected(self: Value, other: Number) -> Value:
        lifted = _lifted(other)
        return NotImplemented if lifted is None else operator(lifted, self)

    for method, name in (operator, primitive.name), (reflected, f"reflected {primitive.name}"):
        method.__name__, method.__qualname__, method.__doc__ = name, f"Value {name}", primitive.__doc__
    return operator, reflected


def _weighted_sum(weights: Sequence[Value], inputs: Sequence[Value], bias: Value) -> Value:
    """`dot` where all operands are Values, as in every neuron."""
    primitive = primitives.dot
    try:
        if len(weights) != len(inputs):
            return NotImplemented
        w, x, b = [w._number for w in weights], [x._number for x in inputs], bias._number
    except (AttributeError, TypeError):
        return NotImplemented
    data, (along_weights, along_inputs, along_bias) = primitive.rule(FLOATS, w, x, b)  # which raises for no floats
    return _node(data, (*weights, *inputs, bias), (*along_weights, *along_inputs, along_bias), primitive)


def _comparison(holds: Callable[[float, float], bool]) -> Callable[[Value, Any], Any]:
    def compare(self: Value, other: Any) -> Any:
        mode = current()
        if mode is not None and mode.recorder is not None:
            with suppress(OverflowError):  # an int beyond the floats is beyond every number: the outcome stays
                other = _lifted(other)
                return mode.recorder.compared(holds, self, other) if other is not None else NotImplemented
        if isinstance(other, Value):
            return holds(self._number, other._number)
        if isinstance(other, Real) and not hasattr(type(other), "interpret"):
            plain: Any = other
            return bool(holds(self._number, plain))  # as it is: Python compares integers of any size
        return NotImplemented

    compare.__doc__ = "Compare the data; a plain bool."
    return compare


# --- the node -------------------------------------------------------------------------------------------------------


class Value(RefusesToBeAFloat, FlatCopies, Methods):
    """A number in a computational graph.

    Arithmetic with Values and plain numbers, the methods below, and the functions of this package give new Values that
    know their parents and local derivatives. `==` and hash are by identity: two nodes with the same number are two
    variables. `<`, `<=`, `>`, `>=` compare data.

    Args:
        data: a real number (TypeError for anything else).
        label: a name, for pictures and messages.

    Attributes:
        data: the number, a float. Assigning it changes a variable, as an optimiser does; results computed from it
            before keep their numbers and derivatives.
        grad: the derivative of what `backward()` was called on with respect to this node.
        parents: the operands it was computed from; empty for a variable.
        local_derivatives: its derivative with respect to each parent.
        primitive: the operation that made it, or None.

    >>> a, b = Value(2.0), Value(1.0)
    >>> e = (a + b) * (b + 1)
    >>> e.backward()
    >>> e, a.grad, b.grad
    (Value(data=6.0, grad=1.0), 2.0, 5.0)
    """

    __slots__ = (
        "__weakref__",
        "_assigned",
        "_grad",
        "_line",
        "_number",
        "label",
        "local_derivatives",
        "parents",
        "primitive",
    )
    _copied_slots = ("_number", "_grad", "label", "parents", "local_derivatives", "primitive")

    _kind, _plain = "Value", "v.data"

    is_constant: ClassVar[bool] = False
    """Whether this is a plain number that met a Value; nobody asks for its derivative."""

    is_followed: ClassVar[bool] = False
    """Whether a transform or a tape that is running wants to know what depends on this."""

    rank: ClassVar[int] = 1
    """Among the kinds of operands of one call, the highest rank interprets the primitive."""

    _assigned: bool
    _grad: float
    _number: float
    _line: str
    label: str
    parents: tuple[Value, ...]
    local_derivatives: tuple[float, ...]
    primitive: Primitive | None

    def __init__(self, data: Any, label: str = "") -> None:
        if type(label) is not str and not isinstance(label, str):
            raise TypeError(f"Value: the label must be text, not {type(label).__name__}: {label!r}")
        self._number = number(data, "Value", "a real number")
        self._grad = 0.0
        self.label = label
        self.parents = ()
        self.local_derivatives = ()
        self.primitive = None
        mode = current()
        if mode is not None:
            if mode.detects_anomalies:
                self._line = calling_line()
            if mode.recorder is not None:
                mode.recorder.leaf(self)

    def _assign(self, data: Any) -> None:
        self._number = number(data, "Value.data", "a real number")
        self._assigned = True

    data = property(
        attrgetter("_number"), _assign, doc="The number, a float; assigning anything but a real number is a TypeError."
    )

    def _assign_grad(self, grad: Any) -> None:
        self._grad = number(grad, "Value.grad", "a real number")

    grad = property(
        attrgetter("_grad"),
        _assign_grad,
        doc="What `backward()` found, a float; set it to 0.0 to begin anew. TypeError for anything but a real number.",
    )

    @property
    def was_assigned(self) -> bool:
        """Whether `data` has been assigned since the node was made."""
        return getattr(self, "_assigned", False)

    @property
    def line(self) -> str:
        """`file:line` of the code that made this node inside `with detect_anomaly()`; empty otherwise."""
        return getattr(self, "_line", "")

    def __repr__(self) -> str:
        return f"Value(data={self._number!r}, grad={self.grad!r})"

    def __format__(self, spec: str) -> str:
        return format(self._number, spec) if spec else repr(self)

    def detach(self) -> Value:
        """A new variable with the same number and label, and no parents: derivatives end here."""
        mode = current()
        if mode is not None and mode.recorder is not None:
            detached: Value = mode.recorder.detached(self)
            return detached
        return Value(self._number, self.label)

    # --- differentiation ---

    def backward(self, seed: float = 1.0) -> None:
        """Set `.grad` of every node that this one depends on to the derivative of this one with respect to it.

        One pass in reverse topological order: when a node's turn comes, everything that uses it has added its part, so
        its adjoint is complete and is passed on, times each local derivative. Variables add to the `.grad` that they
        have, over several calls; set it to 0.0 (`Module.zero_grad`) to begin anew. Results start anew in each call.

        Args:
            seed: the adjoint of this node to begin with; the derivatives of seed * self are found.
        """
        seed = number(seed, "backward(seed)", "a real number")
        order = topological_order(self)
        mode = current()
        if mode is not None and mode.detects_anomalies:
            found = adjoints(order, seed, attrgetter("local_derivatives"), towards=lambda node: not node.is_constant)
            refuse_derivatives("backward: the adjoint", reversed(order), found)
        for node in order:
            if node.parents:
                node._grad = 0.0
        self._grad += seed
        for node in reversed(order):
            adjoint, derivatives = node._grad, node.local_derivatives
            k = 0  # zip(parents, derivatives) would make the pass a fifth slower
            for parent in node.parents:
                parent._grad += adjoint * derivatives[k]
                k += 1  # noqa: SIM113

    @staticmethod
    def interpret(primitive: Primitive, operands: Sequence[Any], flat: tuple[Any, ...]) -> Any:
        """The node that a primitive gives of Values, plain numbers among them: in the shape of its rule, and flat."""
        try:
            numbers = [x._number for x in flat]
        except AttributeError:
            interpreter = primitive.interpreter(flat)
            if interpreter.rank > Value.rank:
                return interpreter.interpret(primitive, operands, flat)
            flat = tuple([x if isinstance(x, Value) else Constant(number(x, primitive.name)) for x in flat])
            numbers = [x._number for x in flat]
        data, local_derivatives = primitive.over_floats(numbers, flat)
        return _node(data, flat, local_derivatives, primitive)

    # --- operators ---

    __add__, __radd__ = _binary(primitives.add)
    __sub__, __rsub__ = _binary(primitives.subtract)
    __mul__, __rmul__ = _binary(primitives.multiply)
    __truediv__, __rtruediv__ = _binary(primitives.divide)
    __pow__, __rpow__ = _binary(primitives.power)
    __lt__, __le__, __gt__, __ge__ = map(_comparison, (lt, le, gt, ge))

    # --- the names of micrograd's lectures, read only ---

    @property
    def _prev(self) -> tuple[Value, ...]:
        return self.parents

    @property
    def _op(self) -> str:
        return self.primitive.symbol if self.primitive is not None else ""

    def _backward(self) -> None:
        """Pass this node's grad on to its parents."""
        for parent, derivative in zip(self.parents, self.local_derivatives, strict=True):
            parent._grad += self._grad * derivative


class Constant(Value):
    """A plain number that met a Value: a leaf of the graph that nobody differentiates with respect to."""

    __slots__ = ()
    is_constant = True


Number: TypeAlias = Value | float

for _name, _method in vars(Methods).items():
    if hasattr(_method, "primitive"):
        setattr(Value, _name, _method.primitive.fast.setdefault(Value, _unary(_method.primitive)))
primitives.dot.fast[Value] = _weighted_sum
