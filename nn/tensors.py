"""Parameters as named tensors, the way PyTorch holds them, and `.safetensors` files of these.

A layer's weights are one tensor `layers.0.weight` of shape (n_outputs, n_inputs), its biases another, `layers.0.bias`.
What the network computes with them, this module does not know: a file of ours carries it as a text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any

from nn import documents
from nn.wording import counted, in_a_line, listed

_OURS = "scalar-autograd"
"""The entry of a file's metadata that holds what `nn.save` says of the model."""

_TENSOR = re.compile(r"(?:(?P<network>.+)\.)?(?P<layer>0|[1-9][0-9]{0,8})\.(?P<part>weight|bias)")


def encoded(content: Mapping[str, Any]) -> bytes:
    """A `.safetensors` file of a model's content: float64 tensors, and as text in the metadata all the rest.

    The metadata hold a SHA-256 of both, so that no damage goes unnoticed.

    Raises:
        ModuleNotFoundError: the package safetensors or NumPy is not there.
    """
    np, safetensors = _packages()
    rest = dict(content)
    parameters = rest.pop("parameters")
    tensors = {}
    for i, (n, m) in enumerate(pairwise([content["n_inputs"], *content["widths"]])):
        weight = [[parameters[_weight(i, j, k)] for k in range(n)] for j in range(m)]
        tensors[f"layers.{i}.weight"] = np.array(weight, dtype=np.float64)
        tensors[f"layers.{i}.bias"] = np.array([parameters[_bias(i, j)] for j in range(m)], dtype=np.float64)
    text = documents.written(rest)
    return _ordered(safetensors.save(tensors, {_OURS: text, "sha256": _digest(text, tensors)}))


def decoded(data: bytes) -> dict[str, Any]:
    """The content of a `.safetensors` file: of ours all of it, of another no more than n_inputs, widths and parameters.

    Another's tensors may have the names that a `torch.nn.Sequential` gives, `0.weight`, `0.bias`, `2.weight`, ..., with
    or without the name of the network before them, and 16, 32 or 64 bits.

    Raises:
        ValueError: it is no such file, it is damaged, or its tensors are not those of linear layers in a row.
        ModuleNotFoundError: the package safetensors or NumPy is not there.
    """
    _, safetensors = _packages()
    try:
        tensors = safetensors.load(data)
    except Exception as error:  # noqa: BLE001 (its own SafetensorError, and a KeyError where NumPy has no such dtype)
        raise ValueError(f"not a safetensors file that NumPy can read ({in_a_line(str(error), 200)})") from None
    metadata = _header(data).get("__metadata__") or {}
    if _OURS not in metadata:
        return _measured(tensors)
    if metadata.get("sha256") != _digest(metadata[_OURS], tensors):
        remedy = f"without the metadata {_OURS!r} it is read as another program's file"
        raise ValueError(f"damaged, or changed since nn.save wrote it: its SHA-256 is another ({remedy})")
    try:
        rest = documents.decoded(metadata[_OURS])
    except ValueError as error:
        raise ValueError(f"its metadata {_OURS!r}: {error}") from None
    return rest | {"parameters": _measured(tensors)["parameters"]}


def _header(data: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header


def _ordered(data: bytes) -> bytes:
    """The same file with its metadata sorted: safetensors writes them in another order each time."""
    header = _header(data)
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # where the numbers begin is a multiple of eight
    return len(text).to_bytes(8, "little") + text + data[8 + int.from_bytes(data[:8], "little") :]


def _measured(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes and parameters that are in the tensors of linear layers in a row."""
    named = {name: _TENSOR.fullmatch(name) for name in tensors}
    layers = sorted({int(match["layer"]) for match in named.values() if match})
    networks = {match["network"] if match else None for match in named.values()}
    if not tensors or not all(named.values()) or len(networks) > 1:
        wanted = "weights and biases of linear layers in a row, such as 'layers.0.weight' and 'layers.0.bias'"
        raise ValueError(f"it holds the tensors {listed(sorted(tensors)) or 'of no layer'}; wanted {wanted}")
    network = networks.pop()
    widths: list[int] = []
    parameters: dict[str, float] = {}
    for i, layer in enumerate(layers):
        weight, bias = (_tensor(tensors, f"{layer}.{part}", network, n) for part, n in (("weight", 2), ("bias", 1)))
        n_outputs, n_inputs = weight.shape
        if bias.shape != (n_outputs,) or (widths and widths[-1] != n_inputs):
            before = f" after a layer of {widths[-1]}" if widths else ""
            shapes = f"a weight of shape {weight.shape} and a bias of shape {bias.shape}"
            raise ValueError(f"layer {layer} has {shapes}{before}, which do not fit together")
        widths = widths or [n_inputs]
        widths.append(n_outputs)
        for j, (row, b) in enumerate(zip(weight.tolist(), bias.tolist(), strict=True)):
            parameters |= {_weight(i, j, k): w for k, w in enumerate(row)} | {_bias(i, j): b}
    return {"n_inputs": widths[0], "widths": widths[1:], "parameters": parameters}


def _tensor(tensors: Mapping[str, Any], name: str, network: str | None, n_dimensions: int) -> Any:
    name = name if network is None else f"{network}.{name}"
    if name not in tensors:
        raise ValueError(f"it holds no tensor {name!r}; every layer needs its weight and its bias")
    tensor = tensors[name]
    if tensor.dtype.kind != "f" or tensor.ndim != n_dimensions:
        came = f"{counted(tensor.ndim, 'dimension')} of {tensor.dtype}"
        raise ValueError(f"the tensor {name!r} has {came}; wanted {n_dimensions} dimensions of floats")
    return tensor.astype("float64")


def _weight(layer: int, neuron: int, i: int) -> str:
    """The name that a model has for a weight, in `state_dict()`."""
    return f"layers.{layer}.neurons.{neuron}.w.{i}"


def _bias(layer: int, neuron: int) -> str:
    return f"layers.{layer}.neurons.{neuron}.b"


def _digest(text: str, tensors: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(tensors[name].astype(tensors[name].dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def _packages() -> tuple[ModuleType, ModuleType]:
    try:
        import numpy as np  # noqa: PLC0415 (optional)
        import safetensors.numpy  # noqa: PLC0415 (optional)
    except ModuleNotFoundError as error:
        needs = "a .safetensors file needs NumPy and safetensors: pip install 'scalar-autograd[exchange]'"
        raise ModuleNotFoundError(needs, name=error.name) from None
    return np, safetensors.numpy
