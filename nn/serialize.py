"""Models as files: JSON that a person can read, with every digit of every parameter.

A file says how the network is built and what its parameters are; reading one runs no code.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nn.layers import ACTIVATIONS, MLP

_FORMAT = "scalar-autograd MLP"


class ModelFileError(ValueError):
    """A file that holds no model that could be read; the message says where and why."""


def save(model: MLP, path: str | os.PathLike[str], about: Mapping[str, Any] | None = None) -> None:
    """Write a model to a JSON file, all of it or nothing: a file that was there stays whole until the new one is.

    Args:
        model: an `MLP` whose activations are among the named ones (ValueError otherwise).
        path: the file.
        about: anything that JSON can hold and that belongs to the model, such as the names of its inputs.

    Raises:
        OSError: the file cannot be written.
        ValueError: a parameter is NaN or infinite, or something cannot be written as JSON.

    >>> from nn import MLP, load, save
    >>> save(MLP(2, [3, 1], seed=0), path)
    >>> load(path)
    MLP(2 -> 3 relu -> 1 linear, 13 parameters)
    """
    if not isinstance(model, MLP):
        raise TypeError(f"save writes an MLP, not {type(model).__name__}; for other modules keep model.state_dict()")
    names = {f: name for name, f in ACTIVATIONS.items()}
    layers = [layer.neurons for layer in model.layers]
    try:
        activations = [names[neurons[0].activation] for neurons in layers]
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not one of the activations that a file can name: {', '.join(ACTIVATIONS)}") from None
    content = {
        "format": _FORMAT,
        "n_inputs": len(layers[0][0].w),
        "widths": [len(neurons) for neurons in layers],
        "activations": activations,
        "about": dict(about or {}),
        "parameters": model.state_dict(),
    }
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
        content = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: not a JSON file ({error})") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ModelFileError(f"{path}: JSON, but not a model that nn.save wrote (no \"format\": \"{_FORMAT}\")")
    try:
        *hidden, last = content["activations"]
        widths, parameters, about = content["widths"], content["parameters"], content["about"]
        # Said before the network is built: a wrong width must not ask for a network of any size.
        n_parameters = sum((n + 1) * m for n, m in zip([content["n_inputs"], *widths[:-1]], widths, strict=True))
        if n_parameters != len(parameters) or not isinstance(about, dict):
            raise ValueError(f"these widths need {n_parameters} parameters, the file has {len(parameters)}")  # noqa: TRY301
        model = MLP(content["n_inputs"], widths, hidden, last, init="zeros")
        model.load_state_dict(parameters)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelFileError(f"{path}: a damaged model: {what}") from None
    return model, about


def _write_whole(path: Path, text: str) -> None:
    """Write beside the file, then put it in its place in one step."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(beside).chmod(0o666 & ~umask)  # as an ordinary new file; temporary ones are private
        Path(beside).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise
