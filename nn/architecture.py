"""What a multilayer perceptron is made of, in numbers and names: all but its parameters.

Files and other libraries build the same network from it; which they are, it does not know.
"""

from __future__ import annotations

from typing import Any

from nn.dropout import Dropout
from nn.module import Module
from nn.neurons import ACTIVATIONS, Activation, Layer, Neuron
from nn.wording import described, listed


def architecture(model: Any) -> dict[str, Any]:
    """The arguments that build the same network: n_inputs, widths, activations (one name for each layer), dropout.

    Args:
        model: an `MLP`.

    Raises:
        ValueError: a layer has an activation without a name, or several of them; or a layer, a neuron or the dropout is
            of another class, which may compute something else.

    >>> from nn import MLP
    >>> architecture(MLP(2, [3, 1], "tanh"))
    {'n_inputs': 2, 'widths': [3, 1], 'activations': ['tanh', 'linear'], 'dropout': 0.0}
    """
    _require_itself("dropout", model.dropout, Dropout)
    for i, layer in enumerate(model.layers):
        _require_itself(f"layers[{i}]", layer, Layer)
        for j, neuron in enumerate(layer.neurons):
            _require_itself(f"layers[{i}].neurons[{j}]", neuron, Neuron)
    return {
        "n_inputs": model.n_inputs,
        "widths": [len(layer.neurons) for layer in model.layers],
        "activations": [_name(layer) for layer in model.layers],
        "dropout": model.dropout.p,
    }


def _require_itself(where: str, part: Any, wanted: type[Module]) -> None:
    """ValueError unless a part is of just this class: what a subclass computes, names and numbers do not say."""
    if type(part) is not wanted:
        remedy = "keep the parameters by model.state_dict(), and give them to a model that is built in the same way"
        name = wanted.__name__
        raise ValueError(f"{where} is {described(part)}; wanted a {name} and no other class; {remedy}")


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
