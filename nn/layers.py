"""Neurons, layers, and the multilayer perceptron: nothing but compositions of Values.

A neuron is one `dot` and one activation. No derivative is written here; backpropagation is what `backward()` does with the
graph that a call builds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import autograd
from autograd import Value, dot
from nn.initializers import Initializer, by_name, initializer
from nn.module import Module

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
        _check_width("n_inputs", n_inputs)
        random = _generator(seed)
        self.activation = by_name("activation", activation, ACTIVATIONS)
        draw = initializer(init, self.activation)
        self.w = [Value(draw(random, n_inputs, n_outputs)) for _ in range(n_inputs)]
        self.b = Value(0.0)

    def __call__(self, x: Sequence[Any]) -> Value:
        """One Value, of as many numbers or Values as there are weights (ValueError otherwise)."""
        output: Value = dot(self.w, x, self.b)
        activation = self.activation
        return output if activation is linear else activation(output)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)} -> {_name(self.activation)})"


class Layer(Module):
    """Neurons side by side, all with the same inputs; a list of their outputs.

    Args:
        n_inputs, n_outputs: numbers in, and neurons.
        activation, seed, init: as for `Neuron`.

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
        _check_width("n_outputs", n_outputs)
        random = _generator(seed)
        self.neurons = [
            Neuron(n_inputs, activation, seed=random, init=init, n_outputs=n_outputs) for _ in range(n_outputs)
        ]

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        """A Value for each neuron."""
        x = tuple([xi if isinstance(xi, Value) else Value(xi) for xi in x])
        return [neuron(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)} -> {self._described()})"

    def _described(self) -> str:
        return f"{len(self.neurons)} {_name(self.neurons[0].activation)}"


class MLP(Module):
    """A multilayer perceptron: layers one after the other.

    Args:
        n_inputs: numbers in.
        widths: how many neurons each layer has; the last is the output layer.
        activation: of the layers before the last: a name, a function of one Value, or a list with one for each.
        output_activation: of the last layer.
        seed: an int for the same weights each time.
        init: a name or function of `nn.initializers`; None for the one that suits each activation.

    >>> MLP(2, [16, 16, 1])
    MLP(2 -> 16 relu -> 16 relu -> 1 linear, 337 parameters)
    """

    def __init__(
        self,
        n_inputs: int,
        widths: Sequence[int],
        activation: str | Activation | Sequence[str | Activation] = "relu",
        output_activation: str | Activation = "linear",
        seed: int | Random | None = None,
        init: str | Initializer | None = None,
    ) -> None:
        if isinstance(widths, int) or not len(widths):
            raise ValueError(f"widths must be a list with at least the output's width, such as [16, 1], not {widths!r}")
        hidden = len(widths) - 1
        activations = [activation] * hidden if isinstance(activation, str) or callable(activation) else list(activation)
        if len(activations) != hidden:
            raise ValueError(f"{len(activations)} activations for {hidden} hidden layers: give one, or one for each")
        random = _generator(seed)
        self.layers = [
            Layer(n, m, act, seed=random, init=init)
            for (n, m), act in zip(pairwise([n_inputs, *widths]), [*activations, output_activation], strict=True)
        ]

    def __call__(self, x: Sequence[Any]) -> Any:
        """One Value if the last layer has one neuron, else a list of Values; x has `n_inputs` numbers or Values."""
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x

    def __repr__(self) -> str:
        inputs = len(self.layers[0].neurons[0].w)
        layers = " -> ".join(layer._described() for layer in self.layers)  # noqa: SLF001 (same module)
        return f"MLP({inputs} -> {layers}, {len(self.parameters())} parameters)"


def _generator(seed: int | Random | None) -> Random:
    return seed if isinstance(seed, Random) else Random(seed)


def _check_width(name: str, n: int) -> None:
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"{name} must be a whole number, not {type(n).__name__}: {n!r}")
    if n < 1:
        raise ValueError(f"{name} must be at least 1, not {n}")


def _name(activation: Activation) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
