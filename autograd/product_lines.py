"""The lines of dots that share their inputs: a matrix product, and its two in the backward pass.

This is the one operation whose derivative is not read from a rule. The weights are a view of the parameters where they
lie in rows; where a 1 stands below the inputs, the bias is one more weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd.lines import ADJOINTS, TANGENTS, VALUES, Lines
from autograd.program import Instruction
from autograd.regions import Region, affine
from autograd.tracing import text_of


def write_product(lines: Lines, instruction: Instruction) -> Callable[[], None]:
    """Write the forward lines; the returned function writes the backward lines."""
    product = _Product(lines, instruction)
    product.forward()
    if lines.wanted.tangents:
        product.tangents()
    return product.backward


class _Product:
    """results (n, rows) = weights (n, k) @ inputs (k, rows) + bias."""

    def __init__(self, lines: Lines, instruction: Instruction) -> None:
        np, places = lines.np, lines.places
        self.lines = lines
        self.n = len(instruction)
        self.k = k = len(instruction.operands[0]) // 2
        self.inputs = instruction.operands[0][k:-1]
        self.results = lines.region(instruction.results)
        biases = [operands[-1] for operands in instruction.operands]
        is_constant = biases[0] in lines.program.constants
        self.constant = lines.constants(biases) if is_constant else 0.0
        self.bias: Region | None = None if is_constant else lines.region(biases)
        self.store = places.store[instruction.operands[0][0]]
        self.slots = np.array([[places.slot[v] for v in operands[:k]] for operands in instruction.operands], np.intp)
        self.moves_weights = lines.moves([v for operands in instruction.operands for v in operands[:k]])
        self.moves_bias = lines.moves(biases)
        self.moves_inputs = lines.moves(self.inputs)
        self.x, x_and_one = self._read_inputs()
        size = lines.program.n_parameters if self.store == "theta" else places.n_shared
        self.affine = affine(np, self.slots, size)
        if x_and_one and self.bias is not None and self.bias.store == self.store:
            with_bias = np.column_stack([self.slots, self.bias.slots])
            if whole := affine(np, with_bias, size):
                self.affine, self.slots, self.x, self.bias = whole, with_bias, x_and_one, None
                self.moves_weights = self.moves_weights or self.moves_bias

    def _read_inputs(self) -> tuple[str, str]:
        """The text of the inputs, and of the inputs with a 1 below them, if there is one."""
        lines = self.lines
        store = lines.places.store[self.inputs[0]]
        if store != "rows":
            return f"{store}[:{self.k}]", store
        region = self.region = lines.region(self.inputs)
        if region.form != "block":
            return lines.gather("V", region.slots), ""
        start, end = region.slots[0], region.slots[-1] + 1
        has_one = end in lines.places.ones
        return lines.viewed(f"V[{start}:{end}]"), lines.viewed(f"V[{start}:{end + 1}]") if has_one else ""

    def _matrix(self, buffers: Mapping[str, str], columns: int) -> str:
        """The weights, or what belongs to them in other buffers."""
        buffer = buffers[self.store]
        if self.affine is None:
            return f"{buffer}.take({self.lines.named(self.slots[:, :columns])})"
        start, stride = self.affine
        text = f"{buffer}[{start}:{start + self.n * stride}].reshape({self.n}, {stride})"
        return self.lines.viewed(text if columns == stride else f"{text}[:, :{columns}]")

    def forward(self) -> None:
        """The results."""
        lines = self.lines
        out = lines.view(self.results, VALUES)
        lines.write(f"matmul({self._matrix(VALUES, self.slots.shape[1])}, {self.x}, {out})")
        if self.bias is not None:
            lines.write(f"add({out}, {lines.read(self.bias)}, {out})")
        elif self.constant != 0.0:
            constant = self.constant if isinstance(self.constant, str) else text_of(self.constant)
            lines.write(f"add({out}, {constant}, {out})")

    def backward(self) -> None:
        """The adjoints of weights, bias and inputs."""
        lines = self.lines
        adjoint = lines.view(self.results, ADJOINTS)
        if self.moves_weights:
            slots, product = self.slots.ravel(), f"matmul({adjoint}, {self.x}.T)"
            if self.affine is None:
                lines.scatter(self.store, slots, f"{product}.reshape(-1, 1)")
            else:
                goal = self._matrix(ADJOINTS, self.slots.shape[1])
                lines.assign_or_add(goal, product, lines.written.is_first(self.store, slots))
        if self.bias is not None and self.moves_bias:
            lines.contribute(self.results, self.bias, 1.0)
        if self.moves_inputs:
            self._to_inputs(f"matmul({self._matrix(VALUES, self.k)}.T, {adjoint})")

    def _to_inputs(self, product: str) -> None:
        lines = self.lines
        store = lines.places.store[self.inputs[0]]
        if store != "rows":
            is_first = lines.written.is_first(store, lines.np.arange(self.k))
            lines.assign_or_add(f"A{store[1:]}", product, is_first)
        elif self.region.form != "block":
            lines.scatter("rows", self.region.slots, product)
        else:
            goal = lines.view(self.region, ADJOINTS)
            lines.assign_or_add(goal, product, lines.written.is_first("rows", self.region.slots))

    def tangents(self) -> None:
        """The tangents of the results."""
        lines = self.lines
        store = lines.places.store[self.inputs[0]]
        parts: list[Any] = []
        if self.moves_weights:
            parts.append(f"matmul({self._matrix(TANGENTS, self.slots.shape[1])}, {self.x})")
        if self.moves_inputs:
            if store != "rows":
                moved = f"dx{store[1:]}"
            elif self.region.form == "block":
                moved = lines.view(self.region, TANGENTS)
            else:
                moved = lines.gather("T", self.region.slots)
            parts.append(f"matmul({self._matrix(VALUES, self.k)}, {moved})")
        if self.bias is not None and self.moves_bias:
            parts.append(lines.read(self.bias, TANGENTS))
        lines.write(f"copyto({lines.view(self.results, TANGENTS)}, {' + '.join(parts) or '0.0'})")
