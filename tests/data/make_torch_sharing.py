"""Writes torch_sharing.json: convolutions and recurrent cells of PyTorch, and their gradients, in float64.

Run with PyTorch 2.13; the tests read the file and need no torch.
"""

import json
from pathlib import Path

CONVOLUTIONS = [
    {"in_channels": 1, "out_channels": 1, "kernel_size": [3], "stride": [1], "size": [7]},
    {"in_channels": 2, "out_channels": 3, "kernel_size": [2], "stride": [2], "size": [7]},
    {"in_channels": 1, "out_channels": 2, "kernel_size": [3, 2], "stride": [1, 1], "size": [5, 4]},
    {"in_channels": 2, "out_channels": 2, "kernel_size": [2, 3], "stride": [2, 1], "size": [5, 5]},
    {"in_channels": 2, "out_channels": 1, "kernel_size": [4, 4], "stride": [1, 3], "size": [4, 4]},
]
RECURRENTS = [
    {"n_inputs": 1, "n_hidden": 1, "n_steps": 6},
    {"n_inputs": 3, "n_hidden": 2, "n_steps": 5},
    {"n_inputs": 2, "n_hidden": 4, "n_steps": 8},
]


def convolution(torch, case):
    """Input, parameters, output of tanh(convolution), and the gradients of a weighted sum of the outputs."""
    kind = torch.nn.Conv1d if len(case["size"]) == 1 else torch.nn.Conv2d
    layer = kind(case["in_channels"], case["out_channels"], tuple(case["kernel_size"]), stride=tuple(case["stride"]))
    x = torch.randn(1, case["in_channels"], *case["size"], requires_grad=True)
    output = torch.tanh(layer(x))
    factors = torch.randn_like(output)
    (output * factors).sum().backward()
    numbers = {
        "x": x[0],
        "weight": layer.weight.flatten(1),
        "bias": layer.bias,
        "output": output[0],
        "factors": factors[0],
        "x_grad": x.grad[0],
        "weight_grad": layer.weight.grad.flatten(1),
        "bias_grad": layer.bias.grad,
    }
    return case | {name: tensor.tolist() for name, tensor in numbers.items()}


def recurrent(torch, case):
    """The same for the states of a recurrent network, from a state that is not zero."""
    layer = torch.nn.RNN(case["n_inputs"], case["n_hidden"])
    x = torch.randn(case["n_steps"], case["n_inputs"], requires_grad=True)
    state = torch.randn(1, case["n_hidden"], requires_grad=True)
    output, _ = layer(x, state)
    factors = torch.randn_like(output)
    (output * factors).sum().backward()
    numbers = {
        "x": x,
        "state": state[0],
        "weight_ih": layer.weight_ih_l0,
        "weight_hh": layer.weight_hh_l0,
        "bias": layer.bias_ih_l0 + layer.bias_hh_l0,
        "output": output,
        "factors": factors,
        "x_grad": x.grad,
        "state_grad": state.grad[0],
        "weight_ih_grad": layer.weight_ih_l0.grad,
        "weight_hh_grad": layer.weight_hh_l0.grad,
        "bias_grad": layer.bias_ih_l0.grad,
    }
    return case | {name: tensor.tolist() for name, tensor in numbers.items()}


def main():
    """Write the file beside this one."""
    import torch

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    content = {
        "torch": torch.__version__,
        "convolutions": [convolution(torch, case) for case in CONVOLUTIONS],
        "recurrents": [recurrent(torch, case) for case in RECURRENTS],
    }
    path = Path(__file__).with_name("torch_sharing.json")
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
