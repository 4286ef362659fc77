"""Penalties: what large parameters cost, to be added to the loss of each batch. A penalty is a function of parameters.

It knows nothing of losses or optimisers. Decay that is decoupled from the gradient is not a penalty: it is the
optimiser's matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import TypeAlias

from autograd import Value, absolute, dot, total
from nn.optimizer import distinct
from nn.wording import require

__all__ = [
    "Penalty",
    "l1",
    "l2",
]

Penalty: TypeAlias = Callable[[Sequence[Value]], Value]
"""`(parameters) -> Value`; `nn.fit` gives it all parameters of the model."""


def l2(coefficient: float, of: Iterable[Value] | None = None) -> Penalty:
    """coefficient / 2 · sum of p², which adds coefficient · p to the derivative with respect to p: weight decay.

    With SGD it is what `weight_decay=coefficient` does; with optimisers that scale the gradient, as Adam does, it is
    the coupled form of weight decay (Loshchilov and Hutter, Decoupled weight decay regularization, 2019, section 2).

    Args:
        coefficient: lambda, a finite number, 0 or more.
        of: the Values to penalise; by default all parameters, biases too, as `weight_decay` does. For weights alone:
            `of=[p for name, p in model.named_parameters() if not name.endswith("b")]`.

    Returns:
        A function of the parameters, for `nn.fit(..., penalty=)`.

    Raises:
        TypeError, ValueError: the coefficient is no such number, or `of` holds something else than Values.

    >>> l2(0.5)([Value(3.0), Value(-1.0)])
    Value(data=2.5, grad=0.0)
    """
    require("the coefficient of l2", coefficient, Real, _is_coefficient, "a finite number, 0 or more, as in l2(0.01)")
    chosen = None if of is None else distinct(of, "l2", "penalises")

    def penalty(parameters: Sequence[Value]) -> Value:
        penalised = parameters if chosen is None else chosen
        return 0.5 * coefficient * dot(penalised, penalised)

    return penalty


def l1(coefficient: float, of: Iterable[Value] | None = None) -> Penalty:
    """coefficient · sum of |p|, which adds coefficient · sign(p) to the derivative: small parameters go towards 0.

    A parameter that is 0 is not pushed. Gradient steps do not end at 0 but around it, at most lr · coefficient away.

    Args, returns and errors are those of `l2`.

    >>> l1(0.5)([Value(3.0), Value(-1.0)])
    Value(data=2.0, grad=0.0)
    """
    require("the coefficient of l1", coefficient, Real, _is_coefficient, "a finite number, 0 or more, as in l1(0.01)")
    chosen = None if of is None else distinct(of, "l1", "penalises")

    def penalty(parameters: Sequence[Value]) -> Value:
        return coefficient * total([absolute(p) for p in (parameters if chosen is None else chosen)])

    return penalty


def _is_coefficient(x: float) -> bool:
    return 0.0 <= x < math.inf
