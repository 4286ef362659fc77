"""The multilayer perceptron, and beside it the layers that networks are made of.

All are compositions of Values. How they are trained, and what a file says of them, this module does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from nn.dropout import Dropout, require_probability
from nn.initializers import Initializer, by_name, generator
from nn.module import Module
from nn.neurons import ACTIVATIONS, Activation, Layer, Neuron, WrongLengthError, linear, require_width
from nn.sharing import Convolution, Recurrent
from nn.wording import counted, shortened

__all__ = ["ACTIVATIONS", "MLP", "Activation", "Convolution", "Dropout", "Layer", "Neuron", "Recurrent", "linear"]


class MLP(Module):
    """A multilayer perceptron: layers one after the other.

    Args:
        n_inputs: numbers in.
        widths: how many neurons each layer has; the last is the output layer.
        activation: of the layers before the last: a name, a function of one Value, or a list with one for each.
        output_activation: of the last layer.
        seed: an int for the same weights each time.
        init: a name or function of `nn.initializers`; None for the one that suits each activation.
        dropout: the probability with which each output of a hidden layer is dropped in training (see `Dropout`).

    Attributes:
        layers: the layers, a list; `layers[0].neurons[0].w` are the weights of the first neuron.
        dropout: the `Dropout` between them; it draws on with the generator that drew the weights.

    Raises:
        TypeError, ValueError: a width that is no whole number of at least 1, not as many activations as hidden layers,
            an activation or initializer that there is not, or a dropout that is no probability.

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
        dropout: float = 0.0,
    ) -> None:
        require_width("n_inputs", n_inputs)
        require_probability("dropout", dropout)
        if isinstance(widths, str) or not isinstance(widths, Iterable):
            raise TypeError(f"widths must be a list such as [16, 1], not {type(widths).__name__}: {shortened(widths)}")
        widths = list(widths)
        if not widths:
            raise ValueError("widths is empty; it needs at least the output's width, such as [1]")
        for position, width in enumerate(widths):
            require_width(f"widths[{position}]", width)
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
        random = generator(seed)
        self.layers = [
            Layer(n, m, act, seed=random, init=init)
            for (n, m), act in zip(pairwise([n_inputs, *widths]), [*activations, output_activation], strict=True)
        ]
        self.dropout = Dropout(dropout, seed=random)

    def __call__(self, x: Iterable[Any]) -> Any:
        """One Value if the last layer has one neuron, else a list of Values; x has `n_inputs` numbers or Values."""
        try:
            for position, layer in enumerate(self.layers):
                x = layer(self.dropout(x) if position else x)
        except WrongLengthError as error:
            if position:  # a layer that was replaced by one of another width
                raise
            raise WrongLengthError(self, error.wanted, error.came) from None
        outputs: Any = x
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        layers = " -> ".join(layer.described() for layer in self.layers)
        dropout = f", dropout {self.dropout.p:g}" if self.dropout.p else ""
        return f"MLP({self.n_inputs} -> {layers}{dropout}, {counted(len(self.parameters()), 'parameter')})"

    def to_torch(self) -> Any:
        """An equal `torch.nn.Sequential`, in float64; see `nn.exchange.to_torch`. ImportError without PyTorch."""
        from nn.exchange import to_torch  # noqa: PLC0415 (optional)

        return to_torch(self)

    @property
    def n_inputs(self) -> int:
        """How many numbers the network takes."""
        return len(self.layers[0].neurons[0].w)

    @property
    def n_outputs(self) -> int:
        """How many numbers it gives."""
        return len(self.layers[-1].neurons)
