"""The command line `python -m autograd.compare`: forward mode against reverse mode.

Of an expression it shows the numbers of both modes at every node, and the operations that each spent. Without one it
shows how time, multiply-adds and memory grow with the number of inputs and outputs, as a table, as JSON and as a plot.
How these are counted and measured, `autograd.costs` and `autograd.scaling` know.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autograd import costs, scaling
from autograd.commands import Parser, Refusal, place, run
from autograd.cost_plot import plot
from autograd.expressions import assignments, evaluate
from autograd.graph import adjoints, tangents, topological_order
from autograd.report import names_of, operation
from autograd.scaling import METHODS, REVERSE, SHAPES, Cost, Shape, crossover, times, typeset
from autograd.value import Value

SIZES = (1, 3, 10, 30, 100, 300)
LARGEST = 10_000
REPEATS = 5

NOTE = """\
One multiply-add for each edge along which a derivative is passed; plain numbers pass nothing, nor do nodes that do not
depend on the input of a forward pass."""
BOUND = """\
Griewank's bound is 5 where + - * and an elementary function count 1 each (a product becomes 3 products and 2 sums; On
automatic differentiation, 1989), and 3 to 4 where access to memory counts too (Griewank, Walther, Evaluating
Derivatives, 2008). It is a bound on counted operations. The measured time over that of the function on
Python's floats has Python's bookkeeping in it, a node made for each operation. The time over that of the function on
Values has it on both sides, and the local derivatives too: what remains is the price of the way back."""


def _parser() -> Parser:
    parser = Parser(
        prog="python -m autograd.compare",
        description="Forward mode against reverse mode: of an expression, or over a range of sizes.",
        epilog='examples:\n  python -m autograd.compare "(a + b) * (b + 1)" a=2 b=1\n'
        "  python -m autograd.compare --inputs 1 3 10 30 100 300 1000 --plot scaling.png",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", nargs="?", help="arithmetic of names, numbers and functions such as tanh(x)")
    parser.add_argument("numbers", nargs="*", metavar="NAME=NUMBER", help="the number of each name")
    parser.add_argument(
        "--inputs",
        nargs="+",
        type=_size,
        metavar="N",
        help=f"the sizes to measure, up to {LARGEST:,} (default: {' '.join(map(str, SIZES))}; 1000 takes minutes)",
    )
    parser.add_argument("--repeats", type=_repeats, metavar="N", help=f"measurements of each time (default: {REPEATS})")
    parser.add_argument(
        "--plot", metavar="FILE", help="draw time and multiply-adds against the size: .png, .svg or .pdf"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    return parser


def _whole(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: wanted a whole number from {least} to {most:,}")
    return number


def _size(text: str) -> int:
    return _whole(text, 1, LARGEST)


def _repeats(text: str) -> int:
    return _whole(text, 2, 1000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on these arguments (None: those of this process), and return the exit status."""
    return run("autograd.compare", _run, arguments)


def _run(arguments: Sequence[str]) -> None:
    options = _parser().parse_expression(arguments)
    sys.stdout.write((_scaling(options) if options.expression is None else _of_expression(options)) + "\n")


# --- an expression --------------------------------------------------------------------------------------------------


def _of_expression(options: argparse.Namespace) -> str:
    for name in ("inputs", "repeats", "plot"):
        if getattr(options, name) is not None:
            raise Refusal(f"--{name} measures how costs grow and takes no expression; leave out one of the two")
    output, inputs = evaluate(options.expression.strip(), assignments(map(str.strip, options.numbers)))
    order: list[Value] = topological_order(output)
    moving = costs.dependent_on(inputs.values(), order)
    reverse = adjoints(order, 1.0, lambda node: node.local_derivatives, towards=moving.__contains__)
    forward = {name: tangents(order, {x: 1.0}, lambda node: node.local_derivatives) for name, x in inputs.items()}
    by_input = [costs.multiply_adds([output], [x]) for x in inputs.values()]
    names = names_of(order)
    found: dict[str, Any] = {
        "expression": options.expression,
        "value": output.data,
        "nodes": [
            {
                "name": names[node],
                "operation": operation(node, names) if node.parents else "",
                "value": node.data,
                "adjoint": reverse.get(node),
                "tangents": {name: along.get(node) for name, along in forward.items()},
            }
            for node in order
        ],
        "gradient": {
            name: {"reverse": reverse.get(x, 0.0), "forward": forward[name].get(output, 0.0)}
            for name, x in inputs.items()
        },
        "edges": sum(len(node.parents) for node in order),
        "reverse": {"passes": 1, "multiply_adds": costs.multiply_adds([output], list(inputs.values()))},
        "forward": {"passes": len(inputs), "multiply_adds": sum(by_input), "by_input": by_input},
    }
    return _as_json(found) if options.json else _shown(found)


def _shown(found: dict[str, Any]) -> str:
    inputs, reverse, forward = found["gradient"], found["reverse"], found["forward"]
    nodes = [["node", "value", "adjoint", *(f"d/d{name}" for name in inputs)]]
    nodes += [
        [
            f"{x['name']} = {x['operation']}" if x["operation"] else x["name"],
            *map(_short, (x["value"], x["adjoint"], *x["tangents"].values())),
        ]
        for x in found["nodes"]
    ]
    gradient = [["gradient", "reverse mode", "forward mode"]]
    gradient += [[f"d/d{name}", repr(x["reverse"]), repr(x["forward"])] for name, x in inputs.items()]
    by_input = " + ".join(map(str, forward["by_input"])) if 1 < len(inputs) <= 8 else ""
    spent = [
        ["", "passes", "multiply-adds", ""],
        ["reverse mode", "1", str(reverse["multiply_adds"]), ""],
        ["forward mode", str(forward["passes"]), str(forward["multiply_adds"]), by_input and f"= {by_input}"],
    ]
    agree = all(_agree(x["reverse"], x["forward"]) for x in inputs.values())
    return "\n".join(
        (
            f"{_table(nodes)}\n",
            "adjoint: the derivative of the last node with respect to this one, by one pass backwards. d/d...: the",
            "derivative of this one with respect to an input, by one pass forwards. A dot: nothing was passed here.\n",
            f"{_table(gradient)}\nThe two modes {'agree' if agree else 'DIFFER by more than 1e-12 of the larger'}.\n",
            f"{_table(spent)}\n\nThe graph has {found['edges']} edges. {NOTE}",
        )
    )


def _agree(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-12) or (math.isnan(a) and math.isnan(b))


# --- scaling --------------------------------------------------------------------------------------------------------


def _scaling(options: argparse.Namespace) -> str:
    path = None if options.plot is None else place("--plot", options.plot.strip(), (".png", ".svg", ".pdf"))
    if path is not None and importlib.util.find_spec("matplotlib") is None:
        raise Refusal("--plot needs Matplotlib: pip install matplotlib")
    sizes, repeats = sorted(set(options.inputs or SIZES)), options.repeats or REPEATS
    measured: dict[Shape, list[Cost]] = {}
    for shape in SHAPES:
        measured[shape] = []
        for n in sizes:
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\033[Kmeasuring {shape.name}, n = {n}")
                sys.stderr.flush()
            measured[shape] += scaling.measure(shape, n, repeats)
    ratios = [scaling.gradient_cost(n, repeats) for n in sizes]
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if path is not None:
        plot(path, measured)
    if options.json:
        shapes = [
            {
                "name": shape.name,
                "formula": shape.formula,
                "multiply_adds": {"reverse": shape.reverse, "forward": shape.forward},
                "costs": [asdict(cost) for cost in found],
                "reverse_is_faster_from": {
                    other: crossover(sizes, times(found, REVERSE), times(found, other)) for other in METHODS[1:]
                },
            }
            for shape, found in measured.items()
        ]
        head = {"python": platform.python_version(), "repeats": repeats, "collector": "paused"}
        return _as_json({**head, "shapes": shapes, "gradient_cost": {"bound": 5, "costs": [asdict(x) for x in ratios]}})
    parts = [_section(shape, found, sizes) for shape, found in measured.items()]
    rows = [["n", "counted", "bound", "time over floats", "time over Values"]]
    rows += [[str(x.n), f"{x.counted:.2f}", "5", f"{x.over_floats:.1f}", f"{x.over_recording:.2f}"] for x in ratios]
    title = f"{SHAPES[0].name}: the cost of the function with its gradient by reverse mode, over that of the function"
    how = f"""\
Time: median and interquartile range (IQR) of {repeats} repeats; Python {platform.python_version()}, collector paused.
Nodes, edges, bytes: of the recorded graph. Values call their rules directly, Duals through the general path, and
differences run on plain floats: compare their growth rather than their height."""
    return "\n\n".join((*parts, f"{title}\n{_table(rows)}\n{BOUND}", f"{NOTE}\n{how}"))


def _section(shape: Shape, found: Sequence[Cost], sizes: Sequence[int]) -> str:
    rows = [["n", "method ", "passes", "multiply-adds", "time/ms", "IQR/ms", "nodes", "edges", "bytes", "differs by"]]
    for cost in found:
        recorded = [f"{x:,}" for x in (cost.recorded.nodes, cost.recorded.edges, cost.recorded.bytes)]
        rows.append(
            [
                str(cost.n) if cost.method == REVERSE else "",
                cost.method,
                f"{cost.passes:,}",
                f"{cost.multiply_adds:,}" if cost.multiply_adds else ".",
                _short(1e3 * cost.time.median, 3),
                _short(1e3 * cost.time.spread, 2),
                *recorded,
                "." if cost.method == REVERSE else f"{cost.error:.0e}",
            ]
        )
    counts = f"multiply-adds: reverse {typeset(shape.reverse)}, forward {typeset(shape.forward)}"
    compared = [_compared(found, other, sizes) for other in METHODS[1:]]
    return "\n".join((f"{shape.name}: {shape.formula}", counts, _table(rows, left=1), *compared))


def _compared(found: Sequence[Cost], other: str, sizes: Sequence[int]) -> str:
    """From which size on one of two methods takes less time than the other, in words."""
    reverse, others = times(found, REVERSE), times(found, other)
    names, start = (REVERSE, other), crossover(sizes, reverse, others)
    if start is None:
        names, start = (other, REVERSE), crossover(sizes, others, reverse)
    where = "at every size measured" if start in {None, sizes[0]} else f"from n = {start:.2g} on"
    return f"{names[0]} takes less time than {names[1]} {where}"


# --- text -----------------------------------------------------------------------------------------------------------


def _table(rows: Sequence[Sequence[str]], left: int = 0) -> str:
    """Aligned columns; text of column `left` to the left, all others, which are numbers, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{x:{'<' if i == left else '>'}{widths[i]}}" for i, x in enumerate(row)).rstrip() for row in rows
    )


def _short(x: float | None, digits: int = 6) -> str:
    """A number to some significant digits, without exponent where it is large; a dot for none."""
    if x is None:
        return "."
    return f"{x:,.0f}" if 10.0**digits <= abs(x) < 1e9 else f"{x:.{digits}g}"


def _as_json(found: Any) -> str:
    return json.dumps(_finite(found), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(x: Any) -> Any:
    """x with every inf and nan, for which JSON has no number, as text."""
    if isinstance(x, dict):
        return {key: _finite(value) for key, value in x.items()}
    if isinstance(x, list):
        return [_finite(value) for value in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


if __name__ == "__main__":
    raise SystemExit(main())
