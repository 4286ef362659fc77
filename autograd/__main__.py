"""The command line: `python -m autograd "(a + b) * (b + 1)" a=2 b=1` shows how an expression is differentiated.

A table of its graph: values and local derivatives, adjoints from reverse mode, tangents from forward mode. Here they
are laid out; how a text becomes a graph, and a graph a picture, other modules know.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from subprocess import SubprocessError

from autograd.commands import Parser, Refusal, place, run
from autograd.draw import draw
from autograd.drawing import ENDINGS, SOURCES
from autograd.explain import explain
from autograd.expressions import FUNCTIONS, assignments, evaluate
from autograd.graph import topological_order
from autograd.rendering import HOW_TO_GET_PICTURES, has_renderer
from autograd.report import formulas_of, names_of, report
from autograd.value import Value

EPILOG = f"""\
examples:
  python -m autograd "(a + b) * (b + 1)" a=2 b=1
  python -m autograd "tanh(w1*x1 + w2*x2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.88 --draw neuron.svg

numbers, names, + - * / **, parentheses, the constants pi and e, and these functions:
{textwrap.fill(", ".join([*FUNCTIONS, "abs, max and min"]), 96, initial_indent="  ", subsequent_indent="  ")}
total, logsumexp and dot take lists: "dot([w1, w2], [x1, x2], b)".
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on these arguments (None: those of this process), and return the exit status."""
    return run("autograd", _run, arguments)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="python -m autograd",
        usage="python -m autograd EXPRESSION [NAME=NUMBER ...] [--draw FILE] [--explain]\n"
        f"{' ' * 26}[--latex | --no-formulas]",
        description="Differentiate an expression, and show every step: the table of its graph.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("expression", metavar="EXPRESSION", nargs="?", help='in quotes, such as "(a + b) * (b + 1)"')
    parser.add_argument("numbers", metavar="NAME=NUMBER", nargs="*", help="the number of each name, such as a=-2.5")
    parser.add_argument("--draw", metavar="FILE", help="save a picture too: .svg, .png, .pdf, .dot or .mmd (Mermaid)")
    parser.add_argument("--explain", action="store_true", help="tell the backward pass, step by step")
    formulas = parser.add_mutually_exclusive_group()
    formulas.add_argument("--latex", action="store_true", help="formulas of the local derivatives in LaTeX")
    formulas.add_argument("--no-formulas", action="store_true", help="local derivatives as numbers only")
    options = parser.parse_expression(arguments)
    if options.expression is None:
        parser.error('there is no expression; wanted one in quotes, such as "a * b" a=2 b=1')
    return options


def _run(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    picture = None if options.draw is None else place("--draw", options.draw.strip(), ENDINGS)
    if picture is not None and picture.suffix.lower() not in SOURCES and not has_renderer():
        raise Refusal(f"no picture: {HOW_TO_GET_PICTURES} Or save the source: --draw {picture.with_suffix('.dot')}")
    output, inputs = evaluate(options.expression.strip(), assignments(map(str.strip, options.numbers)))
    output.backward()
    order: list[Value] = topological_order(output)
    names = names_of(order)
    formulas: dict[Value, list[str]] = {}
    note = ""
    if not options.no_formulas:
        try:
            formulas = formulas_of(order, names, options.latex)
        except ModuleNotFoundError as error:
            note = str(error)
    sys.stdout.write(report(order, names, inputs, formulas, note))
    if options.explain and inputs:
        sys.stdout.write(f"\n{explain(output)}\n")
    if picture is not None:
        sys.stdout.flush()
        try:
            draw(output).save(picture)
        except OSError as error:
            raise Refusal(f"{picture}: {error.strerror or error}") from None
        except (RuntimeError, ValueError, SubprocessError) as error:
            raise Refusal(f"no picture: {error}") from None
        sys.stdout.write(f"saved as {picture}\n")


if __name__ == "__main__":
    raise SystemExit(main())
