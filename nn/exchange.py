"""`to_torch`: a multilayer perceptron as an equal `torch.nn.Sequential`.

One table says which module of PyTorch computes what an activation of ours does. What is in the weights, and how either
network is trained, it does not know.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from nn.architecture import architecture

_MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}),
    "elu": ("ELU", {"alpha": 1.0}),
    "silu": ("SiLU", {}),
    "gelu": ("GELU", {}),
    "gelu_tanh": ("GELU", {"approximate": "tanh"}),
    # Beyond its threshold PyTorch takes x itself: at the 20 that is its default the ninth digit is wrong.
    "softplus": ("Softplus", {"threshold": 40.0}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "log_sigmoid": ("LogSigmoid", {}),
}
"""The class in `torch.nn` of an activation, and its arguments."""


def to_torch(model: Any) -> Any:
    """A `torch.nn.Sequential` with equal outputs and gradients, in float64, for inputs of shape (..., n_inputs).

    Its output has the shape (..., n_outputs). It is in training mode if the model is, and has copies of the weights:
    training one does not change the other. `sin`, `sign` and `step`, for which PyTorch has functions but no modules,
    are small modules of their own.

    Args:
        model: an `MLP`.

    Raises:
        TypeError: the model is no `MLP`, or one that says itself what it computes.
        ValueError: an activation is not among the named ones, or a layer, a neuron or the dropout is of another class.
        ModuleNotFoundError: PyTorch is not there.
    """
    called = type(model).__call__  # not the type itself: a subclass may well compute what an MLP does
    if (getattr(called, "__module__", None), called.__qualname__) != ("nn.layers", "MLP.__call__"):
        raise TypeError(f"to_torch takes an MLP, whose computation it knows, not {type(model).__name__}")
    described = architecture(model)
    try:
        import torch  # noqa: PLC0415 (optional)
    except ModuleNotFoundError:
        raise ModuleNotFoundError("to_torch needs PyTorch: pip install torch", name="torch") from None

    functions = {
        "sin": torch.sin,
        "sign": torch.sign,
        "step": lambda x: torch.clamp(torch.sign(x) + 1.0, max=1.0),  # torch.heaviside has no derivative
    }

    class Elementwise(torch.nn.Module):  # type: ignore[misc]
        """A function of each number, by name."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def forward(self, x: Any) -> Any:
            return functions[self.name](x)

        def extra_repr(self) -> str:
            return self.name

    modules: list[Any] = []
    sizes = pairwise([described["n_inputs"], *described["widths"]])
    for layer, (n, m), name in zip(model.layers, sizes, described["activations"], strict=True):
        if modules and described["dropout"]:
            modules.append(torch.nn.Dropout(described["dropout"]))
        linear = torch.nn.utils.skip_init(torch.nn.Linear, n, m, dtype=torch.float64)  # draws nothing
        linear.load_state_dict(
            {
                "weight": torch.tensor([[w.data for w in neuron.w] for neuron in layer.neurons], dtype=torch.float64),
                "bias": torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64),
            }
        )
        modules.append(linear)
        if name in _MODULES:
            module, arguments = _MODULES[name]
            modules.append(getattr(torch.nn, module)(**arguments))
        elif name != "linear":
            modules.append(Elementwise(name))
    return torch.nn.Sequential(*modules).train(model.training)
