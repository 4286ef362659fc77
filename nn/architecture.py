"""What a multilayer perceptron is made of, in numbers and names: all but its parameters.

Files and other libraries build the same network from it; which they are, it does not know.
"""

from __future__ import annotations

from typing import Any

from nn.neurons import ACTIVATIONS, Activation, Layer
from nn.wording import listed


def architecture(model: Any) -> dict[str, Any]:
    """The arguments that build the same network: n_inputs, widths, activations (one name for each layer), dropout.

    Args:
        model: an `MLP`.

    Raises:
        ValueError: a layer has an activation without a name, or several of them.

    >>> from nn import MLP
    >>> architecture(MLP(2, [3, 1], "tanh"))
    {'n_inputs': 2, 'widths': [3, 1], 'activations': ['tanh', 'linear'], 'dropout': 0.0}
    """
    return {
        "n_inputs": model.n_inputs,
        "widths": [len(layer.neurons) for layer in model.layers],
        "activations": [_name(layer) for layer in model.layers],
        "dropout": model.dropout.p,
    }


def _name(layer: Layer) -> str:
    """The name of a layer's activation."""
    used: list[Activation] = list(dict.fromkeys(neuron.activation for neuron in layer.neurons))
    if len(used) > 1:
        raise ValueError(f"{layer} has {len(used)} different activations; wanted one name for each layer")
    for name, activation in ACTIVATIONS.items():
        if activation is used[0]:
            return name
    came = getattr(used[0], "__qualname__", type(used[0]).__qualname__)
    remedy = 'give a name, such as "tanh", or the function itself, such as autograd.tanh'
    raise ValueError(
        f"{layer} has the activation {came}, which has no name; {remedy}; names: {listed(ACTIVATIONS, most=6)}"
    )
