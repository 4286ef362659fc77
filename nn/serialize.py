"""Models as files: JSON that a person can read, or tensors that PyTorch can; every digit of every parameter is there.

A file says how the network is built and what its parameters are; reading one runs no code, whoever wrote it. What the
network was trained for, this module does not know: `about` carries it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from itertools import pairwise
from numbers import Real
from pathlib import Path
from typing import Any

from nn import documents, tensors
from nn.architecture import architecture
from nn.files import write_whole
from nn.layers import MLP
from nn.neurons import require_width
from nn.wording import counted, described, listed, shortened

_KINDS: dict[str, tuple[type, str]] = {
    "format": (str, "str"),
    "n_inputs": (int, "int"),
    "widths": (list, "list"),
    "activations": (list, "list"),
    "dropout": (Real, "number"),
    "about": (dict, "dict"),
    "parameters": (dict, "dict"),
}
"""The fields of a file, and what each must be."""

_DEFAULTS = {"dropout": 0.0}
"""Fields that a file need not have."""


class ModelFileError(ValueError):
    """A file that holds no model that could be read, or not the one that was wanted; says where and why."""


def save(model: MLP, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write a model to a file, all of it or nothing: a file that was there stays whole until the new one is.

    If the path ends in `.safetensors`, the file holds float64 tensors `layers.0.weight` of shape (n_outputs, n_inputs)
    and `layers.0.bias` of shape (n_outputs,), ..., which PyTorch reads with `safetensors.torch.load_file`; the rest
    stands in its metadata. With any other ending it is JSON.

    Args:
        model: an `MLP` of layers, neurons and a dropout that are none of a subclass, with activations that have names.
        path: the file.
        about: anything that JSON can hold and that belongs to the model, such as the names of its inputs; for training
            that shall go on, `{"optimizer": optimizer.state_dict()}`.

    Raises:
        OSError: the file cannot be written.
        ValueError: a file cannot say how this model computes, or a parameter is NaN or infinite; or `about` holds one
            of these, itself, two keys of one name (1 and "1"), or is nested too deeply to be read again.
        TypeError: the model is no `MLP`, or `about` nothing that JSON can hold.
        ModuleNotFoundError: the package safetensors or NumPy is not there, for a `.safetensors` file.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [3, 1], seed=0), os.path.join(folder, "model.json"))
    ...     load(os.path.join(folder, "model.json"))
    MLP(2 -> 3 relu -> 1 linear, 13 parameters)
    """
    if type(model) is not MLP:  # a subclass may compute something else, which the file could not say
        raise TypeError(f"save writes an MLP, not {type(model).__name__}; for other modules keep model.state_dict()")
    content = {
        "format": documents.FORMAT,
        **architecture(model),
        "about": dict(about) if isinstance(about, Mapping) else {},
        "parameters": model.state_dict(),
    }
    if about is not None and not isinstance(about, Mapping):
        raise TypeError(f"about is {described(about)}; wanted a dict that JSON can hold")
    try:
        documents.written({"about": content["about"]}, indent=1)
    except (TypeError, ValueError) as error:
        raise type(error)(f"about holds what JSON cannot: {error}") from None
    _rebuilt(content)  # what could not be read again is not written
    write_whole(path, tensors.encoded(content) if _holds_tensors(path) else documents.encoded(content))


def load(path: str | os.PathLike[str], into: MLP | None = None) -> MLP:
    """The model of a file that `save` wrote; or `into`, which takes the parameters of the file.

    Args:
        path: the file. A `.safetensors` file may also come from PyTorch, with the weights and biases of the linear
            layers under the names that `save` gives them or a `torch.nn.Sequential` does. Such a file says nothing of
            activations, so that it can only be loaded into a model.
        into: an `MLP` of the file's architecture. It is changed all of it or, if there is any error, not at all.

    Raises:
        OSError: the file cannot be read.
        ModelFileError: it holds no such model.
        ModuleNotFoundError: the package safetensors or NumPy is not there, for a `.safetensors` file.
        TypeError, ValueError: `into` is nothing that `save` could write, or `path` nothing that could be a path.
    """
    return load_with_about(path, into)[0]


def load_with_about(path: str | os.PathLike[str], into: MLP | None = None) -> tuple[MLP, dict[str, Any]]:
    """The model of a file, and what `save` was told about it; arguments and errors as for `load`."""
    if not isinstance(into, MLP | None):
        raise TypeError(f"load fills an MLP, not {type(into).__name__}; for other modules there is load_state_dict")
    wanted = {} if into is None else architecture(into)
    data = Path(path).read_bytes()
    try:
        content = _whole(tensors.decoded(data) if _holds_tensors(path) else documents.decoded(data), wanted)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from None
    try:
        model = _rebuilt(content)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path}: a damaged model: {error}") from None
    about = dict(content["about"])
    if into is None:
        return model, about
    try:
        into.load_state_dict(model.state_dict())
    except ValueError as error:  # it has parameters beside its layers, or shares some
        raise ModelFileError(f"{path}: another architecture: {error}") from None
    return into, about


def _whole(content: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The content of a file, and what it does not say from the architecture that is wanted; ValueError for another."""
    for field, x in wanted.items():
        if content.get(field, x) != x:
            came, has = shortened(content[field]), shortened(x)
            raise ValueError(f"another architecture: {field} {came} in the file, {has} in the model")
    if "format" in content:
        return content
    if not wanted:
        example = f'load(path, into=MLP({content["n_inputs"]}, {content["widths"]}, "relu"))'
        raise ValueError(f"it names no activations, as nn.save does; load it into a model that has them: {example}")
    return {"format": documents.FORMAT, "about": {}} | wanted | content


def _holds_tensors(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix.lower() == ".safetensors"


def _rebuilt(content: dict[str, Any]) -> MLP:
    """The model of a file's content; TypeError, ValueError or OverflowError if it is none."""
    content = _DEFAULTS | content
    for what, fields in (("no", _KINDS.keys() - content.keys()), ("an unknown", content.keys() - _KINDS.keys())):
        if fields:
            raise ValueError(f"{what} {listed(sorted(fields))}; perhaps another version wrote it")
    for field, (kind, name) in _KINDS.items():
        if not isinstance(content[field], kind):
            raise TypeError(f"{field} is {shortened(content[field])}, which is no {name}")
    n_inputs, widths = content["n_inputs"], content["widths"]
    activations, parameters = content["activations"], content["parameters"]
    if not widths or len(activations) != len(widths) or not all(isinstance(name, str) for name in activations):
        raise ValueError(
            f"{counted(len(widths), 'width')} and the activations {shortened(activations)}; wanted a name for each"
        )
    # Said before the network is built: a wrong width must not ask for a network of any size.
    require_width("n_inputs", n_inputs)
    for i, width in enumerate(widths):
        require_width(f"widths[{i}]", width)
    n_parameters = sum((n + 1) * m for n, m in pairwise([n_inputs, *widths]))
    if n_parameters != len(parameters):
        raise ValueError(f"these widths need {shortened(n_parameters)} parameters, but there are {len(parameters)}")
    model = MLP(n_inputs, widths, activations[:-1], activations[-1], init="zeros", dropout=content["dropout"])
    model.load_state_dict(parameters)
    for name, x in parameters.items():
        if not math.isfinite(x):
            raise ValueError(f"the parameter {name} is {x!r}; wanted a finite number")
    return model
