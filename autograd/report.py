"""Graphs in words and columns: names of nodes, operations as they are written, local derivatives, aligned tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from autograd.formulas import local_derivatives
from autograd.graph import tangents
from autograd.rules import Primitive
from autograd.value import Constant, Value

WIDTH = 100
"""Of a table; tangents for which there is no room stand in tables of their own."""
FORMULA_WIDTH = 42
MOST_OPERANDS = 12
"""Of an operation whose local derivatives are shown as formulas; SymPy's time grows as the square of their number."""

# --- the nodes in words ---------------------------------------------------------------------------------------------


def names_of(order: Sequence[Value]) -> dict[Value, str]:
    """Labels; results have names like v2 as in a drawing, longer ones if an input is called so; constants, numbers."""
    labels, letter = {node.label for node in order}, "v"
    while any(f"{letter}{i}" in labels for i in range(len(order))):
        letter += "v"
    return {
        node: shown(node.data) if isinstance(node, Constant) else printable(node.label) or f"{letter}{i}"
        for i, node in enumerate(order)
    }


def printable(text: str) -> str:
    """Text without line ends and other control characters, which tables and pictures cannot hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shown(x: float) -> str:
    """A number to six significant digits."""
    return f"{x + 0.0:.6g}"  # + 0.0: no -0


def operation(node: Value, names: Mapping[Value, str]) -> str:
    """How a node was computed, as it is written in an expression."""
    primitive = node.primitive
    if primitive is None:
        return "input"
    operands = [names[parent] for parent in node.parents]
    if primitive.symbol in {"+", "-", "*", "/", "**"}:
        signed = [f"({x})" if x.startswith("-") else x for x in operands]
        return f" {primitive.symbol} ".join(signed) if len(signed) == 2 else primitive.symbol + signed[0]
    shaped = [x if isinstance(x, str) else f"[{', '.join(x)}]" for x in primitive.shaped(operands)]
    return f"{primitive.name}({', '.join(shaped)})"


def formulas_of(order: Sequence[Value], names: Mapping[Value, str], latex: bool) -> dict[Value, list[str]]:
    """By node, its local derivatives as formulas, empty where the number says it all.

    ModuleNotFoundError without SymPy.
    """
    return {
        node: _formulas(node.primitive, node.parents, names, latex)
        for node in order
        if node.primitive is not None and len(node.parents) <= MOST_OPERANDS
    }


def _formulas(primitive: Primitive, parents: Sequence[Value], names: Mapping[Value, str], latex: bool) -> list[str]:
    # No variable is called #1: it stands for a constant, until that is put in.
    constants = {f"#{i}": x.data for i, x in enumerate(parents) if isinstance(x, Constant)}
    operands = [f"#{i}" if isinstance(x, Constant) else names[x] for i, x in enumerate(parents)]
    derivatives = local_derivatives(primitive, operands)
    import sympy  # noqa: PLC0415 (optional)

    def written(formula: Any) -> str:
        if latex:
            return str(sympy.latex(formula))
        if isinstance(formula, sympy.Piecewise):
            *cases, (last, _) = formula.args
            return "".join(f"{written(x)} if {written(condition)} else " for x, condition in cases) + written(last)
        return str(sympy.sstr(formula, full_prec=False))

    result = []
    for derivative in derivatives:
        numbers = {x: constants[x.name] for x in derivative.free_symbols if x.name in constants}
        formula = derivative.subs({x: int(c) if c.is_integer() else sympy.Float(c) for x, c in numbers.items()})
        is_plain = formula.is_number or formula.has(sympy.zoo, sympy.nan, sympy.oo)
        result.append("" if is_plain else written(formula))
    return result


def _local(node: Value, names: Mapping[Value, str], formulas: Sequence[str]) -> list[str]:
    """A line, or several, for the derivative of a node with respect to each operand that is no constant."""
    lines = []
    for parent, x, formula in zip(node.parents, node.local_derivatives, formulas, strict=True):
        if not isinstance(parent, Constant):
            text = f"d/d{names[parent]} = {f'{formula} = ' if formula else ''}{shown(x)}"
            lines += textwrap.wrap(
                text, FORMULA_WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )
    return lines


# --- the table ------------------------------------------------------------------------------------------------------


def report(
    order: Sequence[Value],
    names: Mapping[Value, str],
    inputs: Mapping[str, Value],
    formulas: Mapping[Value, Sequence[str]],
    note: str,
) -> str:
    """The whole of it: the table of the graph, what its columns mean, and the gradient.

    Args:
        order: the nodes, after `backward()` of the last one.
        names: what they are called.
        inputs: by name, the nodes to show the tangents of.
        formulas: of local derivatives, as `formulas_of` gives them.
        note: a line to add, such as why there are no formulas.
    """
    output = order[-1]
    if not inputs:
        return f"{shown(output.data)}, a plain number: the expression has no names to differentiate by\n"
    nodes = [node for node in order if not isinstance(node, Constant)]
    own = [
        column("node", [[names[node]] for node in nodes], str.ljust),
        column("operation", [_wrapped(operation(node, names)) for node in nodes], str.ljust),
        column("value", [[shown(node.data)] for node in nodes]),
        column(
            "local derivatives",
            [_local(node, names, formulas.get(node, [""] * len(node.parents))) for node in nodes],
            str.ljust,
        ),
        column("adjoint", [[shown(node.grad)] for node in nodes]),
    ]
    forward = []
    for name, x in inputs.items():
        along = tangents(order, {x: 1.0}, attrgetter("local_derivatives"))
        forward.append(column(f"tangent {name}", [[shown(along.get(node, 0.0))] for node in nodes]))
    tables = [table(own + forward)]
    if _width(own + forward) > WIDTH:
        n = max(1, (WIDTH - _width(own[:1])) // max(_width([column]) + 2 for column in forward))
        blocks = [forward[i : i + n] for i in range(0, len(forward), n)]
        tables = [table(own), *(table(own[:1] + block) for block in blocks)]
    y, first = names[output], next(iter(inputs))
    gradient = ", ".join(f"d{y}/d{name} = {shown(x.grad)}" for name, x in inputs.items())
    parts = [
        *tables,
        *([note] if note else []),
        f"adjoint: d{y}/d(node), from reverse mode; tangent {first}: d(node)/d{first}, from forward mode",
        f"{y} = {shown(output.data)}; gradient: {gradient}\n",
    ]
    return "\n\n".join(parts)


def _wrapped(operation: str) -> list[str]:
    return textwrap.wrap(operation, 30, subsequent_indent="  ", break_long_words=False)


Column = list[list[str]]
"""Cells from the head down, each of one or more lines, all padded to one width."""


def column(head: str, cells: Iterable[Sequence[str]], pad: Callable[[str, int], str] = str.rjust) -> Column:
    """A head and cells, padded to one width, text by `str.ljust`."""
    whole = [[head], *(list(cell) or [""] for cell in cells)]
    width = max(len(line) for cell in whole for line in cell)
    return [[pad(line, width) for line in cell] for cell in whole]


def _width(columns: Sequence[Column]) -> int:
    return sum(len(column[0][0]) + 2 for column in columns) - 2


def table(columns: Sequence[Column]) -> str:
    """Columns side by side, with a line below the heads."""
    lines = []
    for cells in zip(*columns, strict=True):
        for i in range(max(map(len, cells))):
            parts = [cell[i] if i < len(cell) else " " * len(cell[0]) for cell in cells]
            lines.append("  ".join(parts).rstrip())
    lines.insert(1, "-" * _width(columns))
    return "\n".join(lines)
