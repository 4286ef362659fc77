"""Neural networks of scalar Values: modules, losses, optimisers, training, data.

>>> from nn import MLP
>>> MLP(2, [4, 1], "tanh", seed=0)
MLP(2 -> 4 tanh -> 1 linear, 17 parameters)
"""

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"nn needs the autograd package beside it, but found another project of that name at {autograd.__file__}."
        " Uninstall that one (pip uninstall autograd), or use a virtual environment of its own"
    )

from nn import data, initializers, losses, optim
from nn.history import History
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
from nn.optim import SGD
from nn.serialize import load, save
from nn.training import evaluate, fit

__all__ = [
    "MLP",
    "SGD",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "data",
    "evaluate",
    "fit",
    "initializers",
    "load",
    "losses",
    "optim",
    "save",
]
