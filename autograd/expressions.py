"""Expressions as text: `evaluate("(a + b) * (b + 1)", {"a": 2.0, "b": 1.0})` gives the graph that the code would give.

Python's parser reads the text, and a whitelist says what of it has a meaning here: numbers, names, arithmetic and the
public functions. Nothing is evaluated by Python, so that text from anywhere does no harm. It knows no command line.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from keyword import iskeyword
from sys import float_info
from typing import Any
from unicodedata import east_asian_width, normalize

from autograd import activations, primitives
from autograd.rules import Primitive
from autograd.value import Constant, Value

LONGEST, DEEPEST = 10_000, 1_000  # characters of an expression, operations inside each other
CONSTANTS = {"pi": math.pi, "e": math.e}  # unless they are given another number
_BINARY = zip((ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow), "add subtract multiply divide power".split(), strict=True)
_OPERATORS: dict[type, Callable[..., Any]] = {kind: getattr(primitives, name) for kind, name in _BINARY}
_OPERATORS |= {ast.USub: primitives.negative, ast.UAdd: lambda x: x}
_NOT_PUBLIC = {"add", "subtract", "multiply", "divide", "negative", "identity", "ratio"}
_ALL = sorted((vars(primitives) | vars(activations)).items())
_PYTHONS = {"abs": primitives.absolute, "max": primitives.maximum, "min": primitives.minimum}
FUNCTIONS = {name: x for name, x in _ALL if isinstance(x, Primitive) and name not in _NOT_PUBLIC}
_CALLED = FUNCTIONS | _PYTHONS

_ALLOWED = "allowed are numbers, names, + - * / **, parentheses and functions such as tanh(x)"
_TOO_DEEP = f"nested too deeply: at most {DEEPEST:,} operations inside each other are read; total([a, b]) is one"
_TOO_LARGE = "a number too large for a float, which ends at about 1.8e308"
_SOME = f"there are {len(FUNCTIONS)}, such as abs, exp, log, max, relu, sigmoid, sin, sqrt and tanh"
# What other languages write.
_SYNONYMS = {"sum": "total", "pow": "power", "ln": "log"}
_SIGNS = {"^": "**", "²": "**2", "³": "**3", "×": "*", "·": "*", "÷": "/", "−": "-", "{": "(", "}": ")"}


class ExpressionError(ValueError):
    """An expression, or a number for one of its names, that is refused: one line.

    Attributes:
        text, column, width: the expression, the place in it, from 1, and its length; column 0: no place in particular.
    """

    def __init__(self, message: str, text: str = "", column: int = 0, width: int = 1) -> None:
        message = re.sub(r"(\w{57})\w{4,}", r"\1...", message)  # whatever the length of a name
        super().__init__(f"column {column}: {message}" if column else message)
        self.text, self.column, self.width = text, column, width

    @property
    def marked(self) -> str:
        """The expression, a long one in part, and below it a caret at the column; empty if there is no column."""
        start = max(0, self.column - 40)
        piece = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.text[start : start + 80])
        before, dots = piece[: self.column - 1 - start], "..." if start else ""
        margin = len(dots + before) + sum(east_asian_width(c) in "WF" for c in before)
        marks = "^".ljust(min(self.width, len(piece) - len(before)), "~")
        more = "..." if start + 80 < len(self.text) else ""
        return f"{dots}{piece}{more}\n{' ' * margin}{marks}" if self.column else ""


def evaluate(text: str, values: Mapping[str, float]) -> tuple[Value, dict[str, Value]]:
    """The graph of an expression: its output, and its inputs by name in the order of their first use.

    Plain numbers are floats; where they meet an input, they are constants of the graph.

    Args:
        text: such as "tanh(w * x + b)"; total, logsumexp and dot take lists: "dot([w1, w2], [x1, x2], bias=b)".
        values: the number of each name that is used, and of no other; pi and e need none.

    Raises:
        ExpressionError: what is not allowed, a name without number, a number without name, or arithmetic such as 1/0.

    >>> output, inputs = evaluate("(a + b) * (b + 1)", {"a": 2.0, "b": 1.0})
    >>> output.backward()
    >>> output.data, {name: x.grad for name, x in inputs.items()}
    (6.0, {'a': 2.0, 'b': 5.0})
    """
    reader = _Reader(text, values)
    steps = reader.steps()
    unused = [name for name in values if name not in reader.inputs]
    for name, node in reader.unknown.items():
        near = get_close_matches(name, unused, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        how = _few((f"{missing}=NUMBER" for missing in reader.unknown), " ")
        raise reader.refusal(f"{name} has no number; give {how}{hint}", node)
    if unused:
        names = _few(reader.inputs, ", ") or "none"
        raise ExpressionError(f"{unused[0]} is given a number but not used; names in the expression: {names}", text)
    results: list[Any] = []
    for node, function, n_operands in steps:
        try:
            results.append(function(*(results.pop() for _ in range(n_operands))))
        except (ArithmeticError, ValueError, TypeError) as error:
            reason = " ".join([str(error.args[-1]), *getattr(error, "__notes__", ())])
            raise reader.refusal(reason.replace(": 'Group'", ""), node) from None
    return (results[0] if isinstance(results[0], Value) else Constant(results[0])), reader.inputs


def _few(names: Iterable[str], separator: str) -> str:
    """A dozen of the names at most."""
    names = list(names)
    return separator.join([*names[:12], *["..."] * (len(names) > 12)])


class _Reader:
    """Takes a text apart, and knows where in it everything stands."""

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.text, self.values = text, values
        self.margin = len(text) - len(text.lstrip(" \t"))
        self.inputs: dict[str, Value] = {}
        self.unknown: dict[str, ast.expr] = {}
        self.groups: set[ast.expr] = set()

    def refusal(self, message: str, node: ast.expr) -> ExpressionError:
        """The error that points at a part of the text; `{}` in the message stands for that part."""
        line, start = self.text[self.margin :].encode(), node.col_offset  # the parser counts bytes
        before, part = line[:start].decode(), line[start : node.end_col_offset].decode()
        message = message.replace("{}", part if len(part) <= 40 else part[:37] + "...")
        return ExpressionError(message, self.text, self.margin + len(before) + 1, len(part))

    def steps(self) -> list[tuple[ast.expr, Callable[..., Any], int]]:
        """What to compute, the last operand first: a part, its function, and how many operands that takes."""
        result, stack = [], [(self._parsed(), 1)]
        while stack:  # no recursion: a sum is as deep as it has terms
            node, depth = stack.pop()
            if depth > DEEPEST:
                raise ExpressionError(_TOO_DEEP, self.text)
            function, operands = self._step(node)
            result.append((node, function, len(operands)))
            stack.extend((operand, depth + 1) for operand in reversed(operands))
        return result[::-1]

    def _parsed(self) -> ast.expr:
        text = self.text
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression has {len(text):,} characters; at most {LONGEST:,} are read", text)
        if self.margin == len(text):
            raise ExpressionError(f"the expression is empty; {_ALLOWED}", text)
        for i, c in enumerate(text):
            if c not in " \t+-*/.,()[]=" and not f"_{c}".isidentifier():
                hint = f"write {_SIGNS[c]}; " if c in _SIGNS else ""
                raise ExpressionError(f"{c!r} is not allowed; {hint}{_ALLOWED}", text, i + 1)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that of 1or 2, which is refused
                return ast.parse(text[self.margin :] + "\n", mode="eval").body
        except (RecursionError, MemoryError):
            raise ExpressionError(_TOO_DEEP, text) from None
        except SyntaxError as error:
            column = self.margin + (error.offset or 1)
            found = re.findall(r"\w+|\S", text[column - 1 :]) or ["the end"]
            reason = error.msg.split(". ")[0].replace("invalid syntax", f"{found[0]} does not fit here")
            if many := re.search("[0-9_]{4300,}", text) if "digits" in reason else None:
                raise ExpressionError(_TOO_LARGE, text, many.start() + 1, len(many[0])) from None
            reason = _TOO_DEEP if "nested" in reason else f"{reason}; {_ALLOWED}"
            raise ExpressionError(reason, text, column) from None

    def _step(self, node: ast.expr) -> tuple[Callable[..., Any], Sequence[ast.expr]]:
        """How a part is computed, and of which parts."""
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if number > float_info.max:
                    raise self.refusal(_TOO_LARGE, node)
                return partial(float, number), ()
            case ast.Name(id=name):
                return self._named(name, node), ()
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)], (operand,)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)], (left, right)
            case ast.List(elts=members) if node in self.groups:
                return lambda *members: members, members
            case ast.Call(func=ast.Name(id=name)):
                return self._called(name, node)
        raise self.refusal(f"{{}} is not allowed; {_ALLOWED}", node)

    def _named(self, name: str, node: ast.expr) -> Callable[[], Any]:
        if name in self.values:
            self.inputs.setdefault(name, Value(self.values[name], name))
        elif name in _CALLED:
            raise self.refusal(f"{name} is a function; write {name}(...)", node)
        elif name not in CONSTANTS:
            self.unknown.setdefault(name, node)
        return lambda: self.inputs[name] if name in self.inputs else CONSTANTS[name]

    def _called(self, name: str, node: ast.Call) -> tuple[Callable[..., Any], Sequence[ast.expr]]:
        if name not in _CALLED:
            near = [_SYNONYMS[name]] if name in _SYNONYMS else get_close_matches(name, _CALLED, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else _SOME
            hint = "softmax gives several numbers, an expression is one" if name == "softmax" else hint
            raise self.refusal(f"there is no function {name} here; {hint}", node.func)
        function, n = _CALLED[name], len(node.args)
        names = [k.arg or "**" for k in node.keywords]
        for i, k in enumerate(node.keywords):
            if k.arg in names[:i]:  # the parser leaves it to Python's compiler to refuse that
                raise self.refusal(f"{name}: the argument {k.arg} is given twice", k.value)
        operands = [*node.args, *(k.value for k in node.keywords)]
        if function.n_groups:
            self.groups.update(x for x in operands if isinstance(x, ast.List))
        return lambda *xs: function(*xs[:n], **dict(zip(names, xs[n:], strict=True))), operands


def assignments(arguments: Iterable[str]) -> dict[str, float]:
    """The numbers of names, from arguments such as "a=2" and "b=-1.5e3".

    Raises:
        ExpressionError: no NAME=NUMBER, a number that is not finite, or a name that has one already.

    >>> assignments(["a=2", "b=-1.5e3"])
    {'a': 2.0, 'b': -1500.0}
    """
    result: dict[str, float] = {}
    for argument in arguments:
        shown = repr(argument if len(argument) <= 60 else argument[:57] + "...")
        name, equals, digits = argument.partition("=")
        name = normalize("NFKC", name.strip())  # as Python's parser does
        if not equals or not name.isidentifier() or iskeyword(name):
            advice = "; the expression comes first, in quotes" if not equals else ""
            raise ExpressionError(f"{shown} is not NAME=NUMBER, such as a=2{advice}")
        try:
            number = float(digits)
        except ValueError:
            raise ExpressionError(f"{shown}: wanted a number behind {name}=, such as 2 or -1.5e3") from None
        if not math.isfinite(number):
            raise ExpressionError(f"{shown}: the number must be finite, at most about 1.8e308")
        if name in result:
            raise ExpressionError(f"{shown}: {name} has a number already, {result[name]:g}")
        result[name] = number
    return result
