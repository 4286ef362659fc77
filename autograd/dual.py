"""`Dual`: a number that carries its tangents along: forward mode, by the same rules as everything else.

A rule gives local derivatives; a tangent is multiplied by them as soon as they are known, and nothing is recorded. A
Dual may carry several tangents at once, and its primal may be a `Value` or another Dual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from operator import ge, gt, le, lt
from typing import Any, ClassVar

from autograd import primitives
from autograd.anomalies import refuse_tangents
from autograd.interpreted import INTERPRETED
from autograd.methods import Methods
from autograd.modes import current, mode_with
from autograd.refusals import RefusesToBeAFloat
from autograd.rules import Primitive, number


def _is_operand(x: Any) -> bool:
    return isinstance(x, Real) or hasattr(type(x), "interpret")


def _number(x: Any) -> Any:
    return x if hasattr(type(x), "interpret") else number(x, "Dual")


def _operator(primitive: Primitive) -> tuple[Callable[[Dual, Any], Any], Callable[[Dual, Any], Any]]:
    """An operator and its reflected form."""

    def operator(self: Dual, other: Any) -> Any:
        return primitive(self, other) if _is_operand(other) else NotImplemented

    def reflected(self: Dual, other: Any) -> Any:
        return primitive(other, self) if _is_operand(other) else NotImplemented

    return operator, reflected


def _comparison(holds: Callable[[Any, Any], bool]) -> Callable[[Dual, Any], bool]:
    def compare(self: Dual, other: Any) -> bool:
        if not _is_operand(other):
            return NotImplemented
        while isinstance(other, Dual):
            other = other.primal
        return bool(holds(self.primal, other))

    compare.__doc__ = "Compare the primals; a plain bool."
    return compare


class Dual(RefusesToBeAFloat, Methods):
    """A number and its tangent: how fast it changes along a direction of the inputs.

    Args:
        primal: the number: a float, a Value, or a Dual of a lower tag.
        tangent: its derivative along a direction, or a tuple of them, one for each of several directions. None stands
            for no dependence at all; a tangent 0.0 is a number like others, and 0 * inf is nan.
        tag: which differentiation the tangents belong to; those of different tags are never mixed up.

    >>> from autograd import Dual, sin
    >>> x = Dual(3.0, 1.0)
    >>> x * x + 1
    Dual(primal=10.0, tangent=6.0)
    >>> sin(Dual(0.0, (1.0, 2.0)))
    Dual(primal=0.0, tangent=(1.0, 2.0))
    """

    __slots__ = ("primal", "tag", "tangents")

    _kind, _plain = "Dual", "v.primal"

    rank: ClassVar[int] = 2
    """Above Value: Duals hold Values, never the reverse."""

    primal: Any
    tangents: tuple[Any, ...]
    tag: int

    def __init__(self, primal: Any, tangent: Any = 0.0, tag: int = 0) -> None:
        tangents = tangent if isinstance(tangent, tuple) else (tangent,)
        self.primal = _number(primal)
        self.tangents = tuple([None if x is None else _number(x) for x in tangents])
        self.tag = tag

    @property
    def tangent(self) -> Any:
        """The tangent, or the tuple of them if there are several."""
        return self.tangents[0] if len(self.tangents) == 1 else self.tangents

    def __repr__(self) -> str:
        return f"Dual(primal={self.primal!r}, tangent={self.tangent!r})"

    def __format__(self, spec: str) -> str:
        return format(self.primal, spec) if spec else repr(self)

    def __copy__(self) -> Dual:
        """The Dual itself: it is a number, and the Values in it may be followed from outside."""
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Dual:
        return self

    def detach(self) -> Dual:
        """The same number, which depends on no direction, nor on what its primal was computed from."""
        primal = self.primal.detach() if hasattr(type(self.primal), "interpret") else self.primal
        return Dual(primal, (None,) * len(self.tangents), self.tag)

    @staticmethod
    def interpret(primitive: Primitive, operands: Sequence[Any], flat: tuple[Any, ...]) -> Any:  # noqa: ARG004 (fixed)
        """The Dual that a primitive gives: its value, and the sum of local derivatives times tangents.

        Inside `no_grad` it depends on no direction.
        """
        tag = max(x.tag for x in flat if isinstance(x, Dual))
        carried = {i: x.tangents for i, x in enumerate(flat) if isinstance(x, Dual) and x.tag == tag}
        primals = [x.primal if i in carried else x for i, x in enumerate(flat)]
        width = max(map(len, carried.values()))
        mode = current()
        result = Dual.__new__(Dual)
        result.tag = tag
        if mode is not None and not mode.records:
            result.primal, result.tangents = primitive(*primitive.shaped(primals)), (None,) * width
        else:
            result.primal, local_derivatives = _value_and_derivatives(primitive, primals)
            tangents = [(local_derivatives[i], each) for i, each in carried.items()]
            result.tangents = tuple([_sum_of_products(tangents, k) for k in range(width)])
        if mode is not None and mode.detects_anomalies:
            refuse_tangents(result.primal, result.tangents, flat, primitive)
        return result

    __add__, __radd__ = _operator(primitives.add)
    __sub__, __rsub__ = _operator(primitives.subtract)
    __mul__, __rmul__ = _operator(primitives.multiply)
    __truediv__, __rtruediv__ = _operator(primitives.divide)
    __pow__, __rpow__ = _operator(primitives.power)
    __lt__, __le__, __gt__, __ge__ = map(_comparison, (lt, le, gt, ge))


def _value_and_derivatives(primitive: Primitive, primals: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
    """What a primitive gives of numbers, Values, or Duals of lower tags: its value, and its local derivatives, flat."""
    if not any(hasattr(type(x), "interpret") for x in primals):
        return primitive.over_floats([number(x, primitive.name) for x in primals], primals)
    operands = primitive.shaped(primals)
    # What a branch not taken makes is nobody's business; a derivative that is used is looked at when it is multiplied.
    with mode_with(detects_anomalies=False, keeps_conditions=True):
        _, local_derivatives = primitive.rule(INTERPRETED, *operands)
    return primitive(*operands), primitive.flat(local_derivatives)


def _sum_of_products(factors: Sequence[tuple[Any, tuple[Any, ...]]], k: int) -> Any:
    """The sum of local derivatives times the k-th tangents; None if nothing depends on that direction."""
    result = None
    for derivative, tangents in factors:
        tangent = tangents[k] if k < len(tangents) else None
        if tangent is not None:
            product = derivative * tangent
            result = product if result is None else result + product
    return result
