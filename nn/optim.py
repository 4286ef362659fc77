"""Optimisers, each its settings and one rule. Names, arguments and defaults are those of `torch.optim`.

They know nothing of networks, losses or examples: whoever called `backward()` has left the derivatives in `.grad`.
Memory, weight decay, saving and restoring are `nn.optimizer`'s; lr is in units of parameter / derivative for SGD, of
the parameter for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from autograd import Value
from nn.optimizer import Number, Optimizer, larger, sqrt
from nn.settings import BelowOnePair, Finite, Flag, NonNegative, Positive, Share

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """Gradient descent, with momentum and weight decay if wanted.

    For each parameter p with derivative g, the velocity v and the step are, as in `torch.optim.SGD`,

        v <- g at first, then momentum v + (1 - dampening) g;   p <- p - lr v   (nesterov: p <- p - lr (g + momentum v))

    With `averaged_momentum` the velocity is the running average of the derivatives, from v = 0:

        v <- momentum v + (1 - momentum) g;   p <- p - lr v

    This v is (1 - momentum) times the v of dampening 0, so that rate lr here is rate lr (1 - momentum) there, step by
    step. Decoupled weight decay stays outside v and needs weight_decay / (1 - momentum) here for weight_decay there.
    dampening = momentum is not the same: its first step is by g, not by (1 - momentum) g.

    Args:
        parameters: the Values to change, as `model.parameters()` gives them; each is changed once, if it comes twice.
        lr: the learning rate.
        momentum: how much of the velocity is kept, 0 <= momentum.
        dampening: how much of the derivative is kept out of the velocity.
        weight_decay: the L2 penalty's coefficient, 0 <= weight_decay.
        nesterov: look ahead along the velocity; needs momentum > 0 and dampening 0.
        averaged_momentum: see above; needs 0 < momentum <= 1, dampening 0 and no nesterov.
        decoupled_weight_decay: p <- p - lr weight_decay p instead of the penalty.

    Raises:
        ValueError: no parameters, or a setting out of its range.
        TypeError: something is no Value, or a setting no number.

    >>> w = Value(3.0)
    >>> descent = SGD([w], lr=0.25)
    >>> for _ in range(3):
    ...     descent.zero_grad()
    ...     (w * w).backward()
    ...     descent.step()
    >>> w.data
    0.375
    """

    parameters: Sequence[Value]
    lr: NonNegative = 1e-3
    momentum: NonNegative = 0.0
    dampening: Finite = 0.0
    weight_decay: NonNegative = 0.0
    nesterov: Flag = False
    _: KW_ONLY
    averaged_momentum: Flag = False
    decoupled_weight_decay: Flag = False

    def _check_together(self) -> None:
        if self.nesterov and (self.momentum <= 0.0 or self.dampening != 0.0):
            raise ValueError("nesterov needs momentum > 0 and dampening = 0")
        if self.averaged_momentum and not (0.0 < self.momentum <= 1.0 and self.dampening == 0.0 and not self.nesterov):
            raise ValueError("averaged_momentum needs 0 < momentum <= 1, dampening = 0 and no nesterov")

    def rule(self, x: Number, gradient: Number, memory: dict[str, Number], step: int) -> Number:  # noqa: ARG002
        """The new x; see `Optimizer.rule`."""
        direction = gradient
        if self.momentum:
            if self.averaged_momentum:
                share = 1.0 - self.momentum
            else:
                share = 1.0 - self.dampening if "velocity" in memory else 1.0
            velocity = memory["velocity"] = self.momentum * memory.get("velocity", 0.0) + share * gradient
            direction = gradient + self.momentum * velocity if self.nesterov else velocity
        return x - self.lr * direction


@dataclass(eq=False, repr=False)
class Adagrad(Optimizer):
    """Steps that shrink with all the derivatives so far.

    For each parameter p with derivative g, with s the sum of g²,

        s <- s + g²;   p <- p - lr / (1 + (k - 1) lr_decay) · g / (sqrt s + eps)   at step k = 1, 2, ...

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011, with diagonal matrices.

    Args:
        parameters: as for `SGD`, and so are weight_decay, decoupled_weight_decay and errors.
        lr: the learning rate.
        lr_decay: how quickly the rate falls with the steps, 0 <= lr_decay.
        weight_decay: the L2 penalty's coefficient.
        initial_accumulator_value: s before the first step, 0 or more.
        eps: keeps the divisor away from 0, 0 < eps.
        decoupled_weight_decay: p <- p - lr weight_decay p instead of the penalty.

    >>> w = Value(3.0)
    >>> w.grad = 8.0
    >>> Adagrad([w], lr=0.5).step()  # the first step is lr, whatever the derivative
    >>> w.data
    2.50000000000625
    """

    parameters: Sequence[Value]
    lr: NonNegative = 1e-2
    lr_decay: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    initial_accumulator_value: NonNegative = 0.0
    eps: Positive = 1e-10
    _: KW_ONLY
    decoupled_weight_decay: Flag = False

    def rule(self, x: Number, gradient: Number, memory: dict[str, Number], step: int) -> Number:
        """The new x; see `Optimizer.rule`."""
        squares = memory["squares"] = memory.get("squares", self.initial_accumulator_value) + gradient * gradient
        rate = self.lr / (1.0 + (step - 1) * self.lr_decay)
        return x - rate * gradient / (sqrt(squares) + self.eps)


@dataclass(eq=False, repr=False)
class RMSprop(Optimizer):
    """Derivatives divided by their root mean square of late.

    For each parameter p with derivative g, with s the running mean of g²,

        s <- alpha s + (1 - alpha) g²;   p <- p - lr g / (sqrt s + eps)

    With momentum: b <- momentum b + g / (sqrt s + eps);   p <- p - lr b. If `centered`, s is the running variance of g:
    s <- alpha s + alpha (1 - alpha) (g - m)² and m <- alpha m + (1 - alpha) g. Torch has it as mean of squares less
    squared mean, a difference that cancels, and whose root is NaN where rounding makes it negative.

    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012; centered: Graves, Generating
    sequences with recurrent neural networks, 2013, equations 38 to 41.

    Args:
        parameters: as for `SGD`, and so are weight_decay, decoupled_weight_decay and errors.
        lr: the learning rate.
        alpha: how much of the means is kept, from 0 to 1.
        eps: keeps the divisor away from 0, 0 < eps.
        weight_decay: the L2 penalty's coefficient.
        momentum: how much of the velocity b is kept, 0 <= momentum.
        centered: divide by the standard deviation of g.
        decoupled_weight_decay: p <- p - lr weight_decay p instead of the penalty.

    >>> w = Value(3.0)
    >>> w.grad = 8.0
    >>> RMSprop([w], lr=0.5, alpha=0.75).step()  # s = 0.25 · 8² = 4²
    >>> round(w.data, 6)
    2.0
    """

    parameters: Sequence[Value]
    lr: NonNegative = 1e-2
    alpha: Share = 0.99
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    momentum: NonNegative = 0.0
    centered: Flag = False
    _: KW_ONLY
    decoupled_weight_decay: Flag = False

    def rule(self, x: Number, gradient: Number, memory: dict[str, Number], step: int) -> Number:  # noqa: ARG002
        """The new x; see `Optimizer.rule`."""
        kept, share = self.alpha, 1.0 - self.alpha
        if self.centered:
            mean = memory.get("mean", 0.0)
            memory["mean"] = kept * mean + share * gradient
            squared = kept * (gradient - mean) * (gradient - mean)
        else:
            squared = gradient * gradient
        square = memory["square"] = kept * memory.get("square", 0.0) + share * squared
        direction = gradient / (sqrt(square) + self.eps)
        if self.momentum:
            direction = memory["velocity"] = self.momentum * memory.get("velocity", 0.0) + direction
        return x - self.lr * direction


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Steps along the running mean of the derivatives, over the root of the running mean of their squares.

    For each parameter p with derivative g, with (b1, b2) = betas, at step k = 1, 2, ...

        m <- b1 m + (1 - b1) g;   v <- b2 v + (1 - b2) g²
        p <- p - lr · m / (1 - b1^k) / (sqrt(v / (1 - b2^k)) + eps)

    The divisors make up for m = v = 0 at first. With `amsgrad` the largest v so far stands for v in the second line.

    Source: Kingma and Ba, Adam, 2015, algorithm 1; amsgrad: Reddi, Kale and Kumar, On the convergence of Adam and
    beyond, 2018, algorithm 2, with Adam's divisors as in torch.

    Args:
        parameters: as for `SGD`, and so are weight_decay, decoupled_weight_decay and errors.
        lr: the learning rate; the first steps are about as long.
        betas: how much of the two means is kept; each at least 0 and below 1.
        eps: keeps the divisor away from 0, 0 < eps.
        weight_decay: the L2 penalty's coefficient.
        amsgrad: never divide by less than before.
        decoupled_weight_decay: p <- p - lr weight_decay p instead of the penalty, as in `AdamW`.

    >>> w = Value(3.0)
    >>> w.grad = 8.0
    >>> Adam([w], lr=0.5).step()  # the first step is lr, whatever the derivative
    >>> round(w.data, 6)
    2.5
    """

    parameters: Sequence[Value]
    lr: NonNegative = 1e-3
    betas: BelowOnePair = (0.9, 0.999)
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    amsgrad: Flag = False
    _: KW_ONLY
    decoupled_weight_decay: Flag = False

    def rule(self, x: Number, gradient: Number, memory: dict[str, Number], step: int) -> Number:
        """The new x; see `Optimizer.rule`."""
        b1, b2 = self.betas
        mean = memory["mean"] = b1 * memory.get("mean", 0.0) + (1.0 - b1) * gradient
        square = memory["square"] = b2 * memory.get("square", 0.0) + (1.0 - b2) * (gradient * gradient)
        if self.amsgrad:
            square = memory["largest"] = larger(memory.get("largest", 0.0), square)
        rate, root = self.lr / (1.0 - b1**step), (1.0 - b2**step) ** 0.5
        return x - rate * mean / (sqrt(square) / root + self.eps)


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """`Adam` with weight decay that is decoupled, p <- p - lr weight_decay p, and on by default.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019, algorithm 2, where torch's weight_decay
    is lambda / lr. Arguments and errors are those of `Adam`.

    >>> AdamW([Value(1.0)])
    AdamW(lr=0.001, 1 parameter)
    """

    weight_decay: NonNegative = 1e-2
    _: KW_ONLY
    decoupled_weight_decay: Flag = True
