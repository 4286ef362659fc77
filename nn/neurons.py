"""Neurons, and layers of them side by side: nothing but compositions of Values.

A neuron is one `dot` and one activation. No derivative is written here; backpropagation is what `backward()` does with
the graph that a call builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from numbers import Integral, Real
from random import Random
from typing import Any, TypeAlias

import autograd
from autograd import Value, dot
from nn.initializers import Initializer, by_name, generator, initializer
from nn.module import Module
from nn.targets import VALUES
from nn.wording import counted, described, require, shortened

Activation: TypeAlias = Callable[[Value], Value]


def linear(x: Value) -> Value:
    """No activation: the weighted sum itself."""
    return x


ACTIVATIONS: dict[str, Activation] = {"linear": linear} | {
    name: getattr(autograd, name)
    for name in (
        "relu leaky_relu elu silu gelu gelu_tanh softplus softsign tanh sigmoid log_sigmoid sin step sign".split()
    )
}


class WrongLengthError(ValueError):
    """Not as many inputs as a module has weights for."""

    def __init__(self, module: Module, wanted: int, came: int) -> None:
        super().__init__(f"{type(module).__name__} takes {counted(wanted, 'number')}, got {came}")
        self.wanted = wanted
        self.came = came


class Neuron(Module):
    """activation(w · x + b).

    Args:
        n_inputs: how many numbers it takes.
        activation: a name (`ACTIVATIONS` lists them) or a function of one Value.
        seed: an int, or a `random.Random` to draw from; None for different weights each time.
        init: a name or function of `nn.initializers`; None for the one that suits the activation.
        n_outputs: the width of its layer, which some initializers take into account.

    Attributes:
        w: the weights, a list of Values.
        b: the bias, a Value.

    Raises:
        TypeError, ValueError: n_inputs is no whole number of at least 1, or there is no such activation or initializer.

    >>> Neuron(3, "tanh")
    Neuron(3 -> tanh)
    """

    def __init__(
        self,
        n_inputs: int,
        activation: str | Activation = "relu",
        *,
        seed: int | Random | None = None,
        init: str | Initializer | None = None,
        n_outputs: int = 1,
    ) -> None:
        require_width("n_inputs", n_inputs)
        random = generator(seed)
        self.activation = by_name("activation", activation, ACTIVATIONS)
        draw = initializer(init, self.activation)
        self.w = [Value(draw(random, n_inputs, n_outputs)) for _ in range(n_inputs)]
        self.b = Value(0.0)

    def __call__(self, x: Iterable[Any]) -> Value:
        """One Value, of as many numbers or Values as there are weights (ValueError otherwise)."""
        try:
            output: Value = dot(self.w, x, self.b)
        except ValueError:
            if isinstance(x, Sized) and len(x) != len(self.w):
                raise WrongLengthError(self, len(self.w), len(x)) from None
            raise
        activation = self.activation
        return output if activation is linear else activation(output)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)} -> {_name(self.activation)})"


class Layer(Module):
    """Neurons side by side, all with the same inputs; a list of their outputs.

    Args:
        n_inputs: how many numbers it takes.
        n_outputs: how many neurons there are.
        activation: as for `Neuron`, and so is init.
        seed: an int, or the `random.Random` that draws the weights of one neuron after the other.
        init: a name or function of `nn.initializers`.

    Attributes:
        neurons: the neurons, a list.

    >>> Layer(2, 3, "tanh")
    Layer(2 -> 3 tanh)
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: str | Activation = "relu",
        *,
        seed: int | Random | None = None,
        init: str | Initializer | None = None,
    ) -> None:
        require_width("n_outputs", n_outputs)
        random = generator(seed)
        self.neurons = [
            Neuron(n_inputs, activation, seed=random, init=init, n_outputs=n_outputs) for _ in range(n_outputs)
        ]

    def __call__(self, x: Iterable[Any]) -> list[Value]:
        """A Value for each neuron, of as many numbers or Values as a neuron has weights (ValueError otherwise)."""
        if isinstance(x, str) or not isinstance(x, Iterable):
            came = f"{type(x).__name__}: {shortened(x)}"
            row = f"; one example is a row, such as [{shortened(x)}]" if isinstance(x, Real) else ""
            raise TypeError(f"a layer takes a list of numbers or Values, not {came}{row}")
        # Once for all neurons: each number is then one node of the graph, not one for each neuron.
        x = tuple(x)
        try:
            x = tuple([xi if isinstance(xi, VALUES) else Value(xi) for xi in x])
        except TypeError:
            rows = [xi for xi in x if hasattr(xi, "__len__") and not isinstance(xi, str)]
            if not rows:
                raise
            came = f"a layer takes one example, a list of numbers, not several: {described(rows[0])}, is among them"
            raise TypeError(f"{came}; call it for each row, or nn.outputs(model, rows) for all") from None
        if len(x) != len(self.neurons[0].w):
            raise WrongLengthError(self, len(self.neurons[0].w), len(x))
        return [neuron(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)} -> {self.described()})"

    def described(self) -> str:
        """Its width and activation, such as `3 tanh`."""
        return f"{len(self.neurons)} {_name(self.neurons[0].activation)}"


def require_width(name: str, n: int) -> None:
    """TypeError or ValueError unless n is a whole number of at least 1."""
    require(name, n, Integral, lambda n: n >= 1, "a whole number of at least 1")


def _name(activation: Activation) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
