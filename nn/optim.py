"""Optimisers: they change parameters by their `.grad`. Names, arguments and defaults are those of `torch.optim`.

They know nothing of networks, losses or examples: whoever called `backward()` has left the derivatives there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from autograd import Value
from nn.wording import counted, require, shortened


class SGD:
    """Gradient descent, with momentum and weight decay if wanted.

    For each parameter p with gradient g (`weight_decay` adds weight_decay p to it), the velocity v and the step are

        v <- g at first, then momentum v + (1 - dampening) g;   p <- p - lr v   (nesterov: p <- p - lr (g + momentum v))

    as in `torch.optim.SGD`. The learning rate `lr` may be assigned between steps.

    Args:
        parameters: the Values to change, as `model.parameters()` gives them; each is changed once, if it comes twice.
        lr: the learning rate, in units of parameter / gradient.
        momentum: how much of the velocity is kept, 0 <= momentum.
        dampening: how much of the gradient is kept out of the velocity.
        weight_decay: the L2 penalty's coefficient, 0 <= weight_decay.
        nesterov: look ahead along the velocity; needs momentum > 0 and dampening 0.

    Raises:
        ValueError: no parameters, or a setting out of its range.
        TypeError: something is no Value, or a setting no number.

    >>> from autograd import Value
    >>> w = Value(3.0)
    >>> descent = SGD([w], lr=0.25)
    >>> for _ in range(3):
    ...     descent.zero_grad()
    ...     (w * w).backward()
    ...     descent.step()
    >>> w.data
    0.375
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        parameters = list(parameters) if isinstance(parameters, Iterable) else [parameters]
        for parameter in parameters:
            if not isinstance(parameter, Value):
                came = f"{type(parameter).__name__}: {shortened(parameter)}"
                raise TypeError(f"SGD changes Values, not {came}; pass model.parameters()")
        if not parameters:
            raise ValueError("SGD was given no parameters; pass model.parameters()")
        for name, setting in {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}.items():
            require(name, setting, Real, lambda x: 0.0 <= x < math.inf, "a finite number, 0 or more")
        require("dampening", dampening, Real, math.isfinite, "a finite number")
        if nesterov and (momentum <= 0.0 or dampening != 0.0):
            raise ValueError("nesterov needs momentum > 0 and dampening = 0")
        self.parameters = list(dict.fromkeys(parameters))
        self.lr = lr
        self.momentum = momentum
        self.dampening = dampening
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self._velocities: list[float] | None = None

    def __repr__(self) -> str:
        optional = ("momentum", "dampening", "weight_decay", "nesterov")
        settings = [
            f"{name}={getattr(self, name)}" for name in ("lr", *optional) if name == "lr" or getattr(self, name)
        ]
        return f"SGD({', '.join(settings)}, {counted(len(self.parameters), 'parameter')})"

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change every parameter once."""
        gradients = [p.grad for p in self.parameters]
        if self.weight_decay:
            gradients = [g + self.weight_decay * p.data for g, p in zip(gradients, self.parameters, strict=True)]
        if self.momentum:
            gradients = self._with_momentum(gradients)
        for p, g in zip(self.parameters, gradients, strict=True):
            p.data -= self.lr * g

    def _with_momentum(self, gradients: list[float]) -> list[float]:
        if self._velocities is None:
            self._velocities = gradients
        else:
            kept = 1.0 - self.dampening
            self._velocities = [self.momentum * v + kept * g for v, g in zip(self._velocities, gradients, strict=True)]
        if self.nesterov:
            return [g + self.momentum * v for g, v in zip(gradients, self._velocities, strict=True)]
        return self._velocities
