"""Models as files: JSON that a person can read, with every digit of every parameter.

A file says how the network is built and what its parameters are; reading one runs no code. What the network was trained
for, this module does not know: `about` carries it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, NoReturn

from nn.layers import ACTIVATIONS, MLP
from nn.wording import counted, listed, shortened

_FORMAT = "scalar-autograd MLP"
_KINDS = {"format": str, "n_inputs": int, "widths": list, "activations": list, "about": dict, "parameters": dict}
"""The fields of a file."""


class ModelFileError(ValueError):
    """A file that holds no model that could be read; the message says where and why."""


def save(model: MLP, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write a model to a JSON file, all of it or nothing: a file that was there stays whole until the new one is.

    Args:
        model: an `MLP` whose activations are among the named ones.
        path: the file.
        about: anything that JSON can hold and that belongs to the model, such as the names of its inputs.

    Raises:
        OSError: the file cannot be written.
        ValueError: a file cannot say how this model computes, or a parameter is NaN or infinite.
        TypeError: the model is no `MLP`, or `about` nothing that JSON can hold.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [3, 1], seed=0), os.path.join(folder, "model.json"))
    ...     load(os.path.join(folder, "model.json"))
    MLP(2 -> 3 relu -> 1 linear, 13 parameters)
    """
    if type(model) is not MLP:  # a subclass may compute something else, which the file could not say
        raise TypeError(f"save writes an MLP, not {type(model).__name__}; for other modules keep model.state_dict()")
    names = {activation: name for name, activation in ACTIVATIONS.items()}
    activations: list[str] = []
    for layer in model.layers:
        used = list(dict.fromkeys(neuron.activation for neuron in layer.neurons))
        if len(used) > 1:
            raise ValueError(f"{layer} has {len(used)} different activations; a file can name one for each layer")
        if used[0] not in names:
            came = getattr(used[0], "__qualname__", type(used[0]).__qualname__)
            remedy = 'give a name, such as "tanh", or the function itself, such as autograd.tanh'
            raise ValueError(
                f"{layer} has the activation {came}, which a file cannot name; {remedy}; it can name:"
                f" {listed(ACTIVATIONS)}"
            )
        activations.append(names[used[0]])
    content = {
        "format": _FORMAT,
        "n_inputs": model.n_inputs,
        "widths": [len(layer.neurons) for layer in model.layers],
        "activations": activations,
        "about": dict(about or {}),
        "parameters": model.state_dict(),
    }
    _rebuilt(content)  # what could not be read again is not written
    _write_whole(Path(path), json.dumps(content, indent=1, allow_nan=False) + "\n")


def load(path: str | os.PathLike[str]) -> MLP:
    """The model of a file that `save` wrote.

    Raises:
        OSError: the file cannot be read.
        ModelFileError: it holds no such model.
    """
    return load_with_about(path)[0]


def load_with_about(path: str | os.PathLike[str]) -> tuple[MLP, dict[str, Any]]:
    """The model of a file, and what `save` was told about it; errors as for `load`."""
    try:
        content = json.loads(Path(path).read_bytes(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: not a JSON file ({error})") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ModelFileError(f'{path}: not a model that nn.save wrote, which has "format": "{_FORMAT}"')
    try:
        return _rebuilt(content), dict(content["about"])
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path}: a damaged model: {error}") from None


def _rebuilt(content: dict[str, Any]) -> MLP:
    """The model of a file's content; TypeError, ValueError or OverflowError if it is none."""
    for what, fields in (("no", _KINDS.keys() - content.keys()), ("an unknown", content.keys() - _KINDS.keys())):
        if fields:
            raise ValueError(f"{what} {listed(sorted(fields))}; perhaps another version wrote it")
    for field, kind in _KINDS.items():
        if not isinstance(content[field], kind):
            raise TypeError(f"{field} is {shortened(content[field])}, which is no {kind.__name__}")
    n_inputs, widths = content["n_inputs"], content["widths"]
    activations, parameters = content["activations"], content["parameters"]
    if not widths or len(activations) != len(widths) or not all(isinstance(name, str) for name in activations):
        raise ValueError(
            f"{counted(len(widths), 'width')} and the activations {shortened(activations)}; wanted a name for each"
        )
    # Said before the network is built: a wrong width must not ask for a network of any size.
    n_parameters = sum((n + 1) * m for n, m in zip([n_inputs, *widths[:-1]], widths, strict=True))
    if n_parameters != len(parameters):
        raise ValueError(f"these widths need {n_parameters} parameters, but there are {len(parameters)}")
    model = MLP(n_inputs, widths, activations[:-1], activations[-1], init="zeros")
    model.load_state_dict(parameters)
    for name, x in parameters.items():
        if not math.isfinite(x):
            raise ValueError(f"the parameter {name} is {x!r}; wanted a finite number")
    return model


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _write_whole(path: Path, text: str) -> None:
    """Write beside the file, then put it in its place in one step."""
    path = Path(os.path.realpath(path))  # what a link points to is written, the link stays
    beside = path.with_name(f".{token_hex(8)}.tmp")
    try:
        if path.exists() and not path.is_file():  # /dev/stdout is written to, and never replaced; a folder is refused
            path.write_text(text, encoding="utf-8")
            return
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # names the file, not the one beside it
    finally:
        with suppress(OSError):
            beside.unlink()
