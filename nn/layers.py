"""Neurons, layers, and the multilayer perceptron: nothing but compositions of Values.

A neuron is one `dot` and one activation. No derivative is written here; backpropagation is what `backward()` does with
the graph that a call builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from itertools import pairwise
from numbers import Integral
from random import Random
from typing import Any, TypeAlias

import autograd
from autograd import Value, dot
from nn.initializers import Initializer, by_name, initializer
from nn.module import Module
from nn.wording import counted, require, shortened

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


class _WrongLengthError(ValueError):
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
        _require_width("n_inputs", n_inputs)
        random = _generator(seed)
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
                raise _WrongLengthError(self, len(self.w), len(x)) from None
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
        _require_width("n_outputs", n_outputs)
        random = _generator(seed)
        self.neurons = [
            Neuron(n_inputs, activation, seed=random, init=init, n_outputs=n_outputs) for _ in range(n_outputs)
        ]

    def __call__(self, x: Iterable[Any]) -> list[Value]:
        """A Value for each neuron, of as many numbers or Values as a neuron has weights (ValueError otherwise)."""
        if isinstance(x, str) or not isinstance(x, Iterable):
            raise TypeError(f"a layer takes a list of numbers or Values, not {type(x).__name__}: {shortened(x)}")
        # Once for all neurons: each number is then one node of the graph, not one for each neuron.
        x = tuple([xi if isinstance(xi, Value) else Value(xi) for xi in x])
        if len(x) != len(self.neurons[0].w):
            raise _WrongLengthError(self, len(self.neurons[0].w), len(x))
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

    Attributes:
        layers: the layers, a list; `layers[0].neurons[0].w` are the weights of the first neuron.

    Raises:
        TypeError, ValueError: a width that is no whole number of at least 1, not as many activations as hidden layers,
            or an activation or initializer that there is not.

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
        _require_width("n_inputs", n_inputs)
        if isinstance(widths, str) or not isinstance(widths, Iterable):
            raise TypeError(f"widths must be a list such as [16, 1], not {type(widths).__name__}: {shortened(widths)}")
        widths = list(widths)
        if not widths:
            raise ValueError("widths is empty; it needs at least the output's width, such as [1]")
        for position, width in enumerate(widths):
            _require_width(f"widths[{position}]", width)
        n_hidden = len(widths) - 1
        if isinstance(activation, list | tuple):
            activations = list(activation)
        else:
            one: Any = activation
            by_name("activation", one, ACTIVATIONS)  # refuses a wrong one even if no layer needs it
            activations = [one] * n_hidden
        if len(activations) != n_hidden:
            raise ValueError(
                f"{counted(len(activations), 'activation')} for {counted(n_hidden, 'hidden layer')};"
                " give one for all, or one for each"
            )
        random = _generator(seed)
        self.layers = [
            Layer(n, m, act, seed=random, init=init)
            for (n, m), act in zip(pairwise([n_inputs, *widths]), [*activations, output_activation], strict=True)
        ]

    def __call__(self, x: Iterable[Any]) -> Any:
        """One Value if the last layer has one neuron, else a list of Values; x has `n_inputs` numbers or Values."""
        try:
            for layer in self.layers:
                x = layer(x)
        except _WrongLengthError as error:
            if layer is not self.layers[0]:  # a layer that was replaced by one of another width
                raise
            raise _WrongLengthError(self, error.wanted, error.came) from None
        outputs: Any = x
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        layers = " -> ".join(layer._described() for layer in self.layers)  # noqa: SLF001 (same module)
        return f"MLP({self.n_inputs} -> {layers}, {counted(len(self.parameters()), 'parameter')})"

    @property
    def n_inputs(self) -> int:
        """How many numbers the network takes."""
        return len(self.layers[0].neurons[0].w)

    @property
    def n_outputs(self) -> int:
        """How many numbers it gives."""
        return len(self.layers[-1].neurons)


def _generator(seed: int | Random | None) -> Random:
    return seed if isinstance(seed, Random) else Random(seed)


def _require_width(name: str, n: int) -> None:
    require(name, n, Integral, lambda n: n >= 1, "a whole number of at least 1")


def _name(activation: Activation) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
