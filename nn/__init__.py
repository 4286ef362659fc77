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

from typing import Any

from nn import (
    data,
    encoding,
    initializers,
    layers,
    logic,
    losses,
    metrics,
    optim,
    penalties,
    plots,
    schedules,
    separability,
)
from nn.callbacks import Callback, EarlyStopping, StopAt, StopTraining, Training
from nn.clipping import clip_grad_norm_, clip_grad_value_
from nn.divergence import DivergenceError, DivergenceWarning
from nn.history import History
from nn.layers import MLP, Convolution, Dropout, Layer, Neuron, Recurrent
from nn.minimize import minimize
from nn.module import Module
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.perceptron import Perceptron
from nn.recording import outputs
from nn.serialize import load, load_with_about, save
from nn.training import evaluate, fit

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Callback",
    "Convolution",
    "DivergenceError",
    "DivergenceWarning",
    "Dropout",
    "EarlyStopping",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Perceptron",
    "RMSprop",
    "Recurrent",
    "StopAt",
    "StopTraining",
    "Training",
    "clip_grad_norm_",
    "clip_grad_value_",
    "data",
    "encoding",
    "evaluate",
    "fit",
    "initializers",
    "layers",
    "load",
    "load_with_about",
    "logic",
    "losses",
    "metrics",
    "minimize",
    "optim",
    "outputs",
    "penalties",
    "plots",
    "save",
    "schedules",
    "separability",
]


def __getattr__(name: str) -> Any:
    """The estimators, which are built on scikit-learn, are imported when they are asked for."""
    if name not in {"MLPClassifier", "MLPRegressor"}:
        raise AttributeError(f"module 'nn' has no attribute {name!r}")
    try:
        from nn import estimators  # noqa: PLC0415 (optional)
    except ImportError as error:
        remedy = f"nn.{name} is built on scikit-learn: pip install 'scalar-autograd[data,fast]'"
        raise ModuleNotFoundError(remedy, name=error.name) from error
    return getattr(estimators, name)
