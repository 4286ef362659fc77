"""Expressions as text: what is read, what is refused and how, and that Python evaluates nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Primitive, Value
from autograd.expressions import DEEPEST, FUNCTIONS, LONGEST, ExpressionError, assignments, evaluate
from autograd.graph import topological_order
from autograd.value import Constant

AT = {"a": 2.0, "b": 0.5, "c": -3.0}
ALLOWED = "allowed are numbers, names, + - * / **, parentheses and functions such as tanh(x)"
TOO_DEEP = "nested too deeply: at most 1,000 operations inside each other are read; total([a, b]) is one"
TOO_LARGE = "a number too large for a float, which ends at about 1.8e308"


def shape(output):
    """A graph as plain data: operation or kind of leaf, number, places of the parents, local derivatives."""
    order = topological_order(output)
    return [
        (
            type(node),
            node.primitive and node.primitive.name,
            node.data,
            [order.index(parent) for parent in node.parents],
            node.local_derivatives,
        )
        for node in order
    ]


# --- what is read ---------------------------------------------------------------------------------------------------


def test_the_worked_example_of_colah():
    # c = a + b = 3, d = b + 1 = 2, e = c d = 6;  de/da = d = 2, de/db = d + c = 5
    output, inputs = evaluate("(a + b) * (b + 1)", {"b": 1.0, "a": 2.0})
    output.backward()
    assert output.data == 6.0
    assert [(name, x.label, x.data, x.grad) for name, x in inputs.items()] == [
        ("a", "a", 2.0, 2.0),
        ("b", "b", 1.0, 5.0),
    ]


ACCEPTED = [
    "a",
    "  a\t",
    "+a",
    "-a",
    "--a",
    "-a ** 2",
    "a - b - c",
    "a / b / c",
    "a ** b ** 2",
    "(a ** b) ** 2",
    "2 * a + 1",
    "2 * 3 + a",
    "a + 2 * 3",
    "1 / a",
    "2 ** a",
    "a * a",
    "(((a)))",
    "1_000 * a",
    "0xff * a",
    ".5 * a + 1. + 1e-3",
    "pi * a + e",
    "tanh(a)",
    "tanh(x=a)",
    "maximum(a, b)",
    "power(a, 3)",
    "leaky_relu(c)",
    "leaky_relu(c, 0.2)",
    "leaky_relu(c, slope=0.2)",
    "leaky_relu(slope=b, x=c)",
    "elu(c, alpha=b)",
    "atan2(x=a, y=b)",
    "total([a, b, c, 1])",
    "total(terms=[a, b])",
    "logsumexp([a, b, 2 * c])",
    "dot([a, 2], [b, c])",
    "dot([a, 2], [b, c], 1)",
    "dot(weights=[a], inputs=[b], bias=c)",
    "sqrt(4) * a",
    "exp(-(a - 1) ** 2 / (2 * b ** 2))",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_graph_is_that_of_the_same_python(text):
    own = {name: Value(x, name) for name, x in AT.items()}
    names = {name: getattr(autograd, name) for name in FUNCTIONS} | {"pi": math.pi, "e": math.e} | own
    expected = eval(text.strip(), {"__builtins__": {}}, names)  # noqa: S307 (ours)
    used = [x.label for x in topological_order(expected) if x.label]
    output, inputs = evaluate(text, {name: AT[name] for name in used})
    assert shape(output) == shape(expected)
    assert set(inputs) == set(used)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2*3", 6.0), ("7/2", 3.5), ("-2**2", -4.0), ("2**-1", 0.5), ("1e3", 1000.0), ("total([])", 0.0), ("e", math.e)],
)
def test_plain_numbers_are_computed_among_themselves(text, expected):
    output, inputs = evaluate(text, {})
    assert (type(output), output.data, output.parents, inputs) == (Constant, expected, (), {})


def test_inputs_come_in_the_order_of_their_first_use_and_each_is_one_value():
    output, inputs = evaluate("leaky_relu(slope=c, x=b) + a * c", AT)
    assert list(inputs) == ["c", "b", "a"]
    assert sum(node.label == "c" for node in topological_order(output)) == 1


def test_pi_and_e_may_be_given_other_numbers():
    output, inputs = evaluate("e * pi", {"e": 2.0})
    assert list(inputs) == ["e"]
    assert output.data == 2.0 * math.pi


def test_names_are_read_as_python_reads_them():
    output, inputs = evaluate("ｘ + σ1", {"x": 1.0, "σ1": 2.0})
    assert (output.data, list(inputs)) == (3.0, ["x", "σ1"])


def test_a_name_may_be_that_of_a_function():
    assert evaluate("sin(sin)", {"sin": 0.0})[0].data == 0.0


def test_the_functions_are_the_public_primitives():
    public = {name for name in autograd.__all__ if isinstance(getattr(autograd, name), Primitive)}
    assert set(FUNCTIONS) == public


# --- what is refused ------------------------------------------------------------------------------------------------

NOT_ALLOWED = [
    ("a.b", 1, "a.b"),
    ("1 + a.real", 5, "a.real"),
    ("a[0]", 1, "a[0]"),
    ("total([a, b][0])", 7, "[a, b][0]"),
    ("[a, b]", 1, "[a, b]"),
    ("a + [b]", 5, "[b]"),
    ("tanh([a])", 6, "[a]"),
    ("total([a, [b]])", 11, "[b]"),
    ("(a, b)", 1, "(a, b)"),
    ("()", 1, "()"),
    ("a // b", 1, "a // b"),
    ("a == b", 1, "a == b"),
    ("a is b", 1, "a is b"),
    ("a in b", 1, "a in b"),
    ("not a", 1, "not a"),
    ("a and b", 1, "a and b"),
    ("a if b else c", 1, "a if b else c"),
    ("[x for x in a]", 1, "[x for x in a]"),
    ("tanh(x for x in a)", 5, "(x for x in a)"),
    ("tanh(*a)", 6, "*a"),
    ("True", 1, "True"),
    ("a + None", 5, "None"),
    ("...", 1, "..."),
    ("1j", 1, "1j"),
    ("2 * 1e3J", 5, "1e3J"),
    ("(yield)", 2, "yield"),
    ("await a", 1, "await a"),
    ("1or 2", 1, "1or 2"),
    ("tanh(a)(b)", 1, "tanh(a)(b)"),
    ("2(a)", 1, "2(a)"),
    ("a.tanh()", 1, "a.tanh()"),
    ("é + a.b", 5, "a.b"),
    ("  a.b", 3, "a.b"),
    ("not " * 100 + "a", 1, "not not not not not not not not not n..."),
]
SIGNS = [
    ("a ^ 2", 3, "'^' is not allowed; write **"),
    ("a²", 2, "'²' is not allowed; write **2"),
    ("a × b", 3, "'×' is not allowed; write *"),
    ("a − b", 3, "'−' is not allowed; write -"),
    ("{a}", 1, "'{' is not allowed; write ("),
    ("a % b", 3, "'%' is not allowed"),
    ("a @ b", 3, "'@' is not allowed"),
    ("a < b", 3, "'<' is not allowed"),
    ("a | b", 3, "'|' is not allowed"),
    ("~a", 1, "'~' is not allowed"),
    ("lambda x: x", 9, "':' is not allowed"),
    ("(a := 1)", 4, "':' is not allowed"),
    ("'a'", 1, '"\'" is not allowed'),
    ('f"{a}"', 2, "'\"' is not allowed"),
    ("__import__('os')", 12, '"\'" is not allowed'),
    ("a # b", 3, "'#' is not allowed"),
    ("a; b", 2, "';' is not allowed"),
    ("a\nb", 2, "'\\n' is not allowed"),
    ("a\\\nb", 2, "'\\\\' is not allowed"),
    ("a\0", 2, "'\\x00' is not allowed"),
    ("a\x1b[31m", 2, "'\\x1b' is not allowed"),
    ("a \u202e b", 3, "'\\u202e' is not allowed"),
    ("\udcff", 1, "'\\udcff' is not allowed"),
    ("a＋b", 2, "'＋' is not allowed"),
]
UNREAD = [
    ("a +", 4, "the end does not fit here"),
    ("a b", 3, "b does not fit here"),
    ("tanh a", 6, "a does not fit here"),
    ("a + * b", 5, "* does not fit here"),
    ("a = 2", 3, "= does not fit here"),
    ("  é + * b", 7, "* does not fit here"),
    ("lambda", 7, "the end does not fit here"),
    ("2a", 1, "invalid decimal literal"),
    ("(a", 1, "'(' was never closed"),
    ("a + tanh(b", 9, "'(' was never closed"),
    ("a)", 2, "unmatched ')'"),
]
SOME = f"there are {len(FUNCTIONS)}, such as abs, exp, log, max, relu, sigmoid, sin, sqrt and tanh"
OTHERS = [
    ("f(a)", 1, f"there is no function f here; {SOME}"),
    ("1 + __import__(os)", 5, f"there is no function __import__ here; {SOME}"),
    ("tahn(a)", 1, "there is no function tahn here; did you mean tan or tanh?"),
    ("a + sum(b)", 5, "there is no function sum here; did you mean total?"),
    ("ln(a)", 1, "there is no function ln here; did you mean log?"),
    ("softmax([a])", 1, "there is no function softmax here; softmax gives several numbers, an expression is one"),
    ("2 * tanh", 5, "tanh is a function; write tanh(...)"),
    ("tanh()", 1, "tanh(x): missing a required argument: 'x'"),
    ("1 + tanh(1, 2)", 5, "tanh(x): too many positional arguments"),
    ("tanh(**2)", 1, "tanh(x): missing a required argument: 'x'"),
    ("elu(1, alpha=1, alpha=2)", 23, "elu: the argument alpha is given twice"),
    ("elu(1, beta=2)", 1, "elu(x, alpha=1.0): got an unexpected keyword argument 'beta'"),
    ("total(1, 2)", 1, "total(terms): too many positional arguments"),
    ("total(1)", 1, "total: terms must be a sequence of numbers or Values, not float"),
    ("dot([1, 2], [3])", 1, "dot: 2 weights but 1 inputs; each needs one of the other"),
    ("1" + "0" * 400, 1, TOO_LARGE),
    ("1 + " + "9" * 5000, 5, TOO_LARGE),
    ("2 * 1e999", 5, TOO_LARGE),
    ("x + 1", 1, "x has no number; give x=NUMBER"),
    ("1 + x * y / x", 5, "x has no number; give x=NUMBER y=NUMBER"),
    ("sin(inf)", 5, "inf has no number; give inf=NUMBER"),
    ("x" * 100, 1, f"{'x' * 57}... has no number; give {'x' * 57}...=NUMBER"),
    ("+".join("acdfghijklmno"), 1, f"a has no number; give {' '.join(f'{c}=NUMBER' for c in 'acdfghijklmn')} ..."),
]


def test_what_python_calls_abs_max_and_min_are_functions():
    output, inputs = evaluate("max(abs(a), min(b, 5))", {"a": -3.0, "b": 2.0})
    output.backward()
    assert (output.data, inputs["a"].grad, inputs["b"].grad) == (3.0, -1.0, 0.0)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        *((text, column, f"{what} is not allowed; {ALLOWED}") for text, column, what in NOT_ALLOWED),
        *((text, column, f"{what}; {ALLOWED}") for text, column, what in [*SIGNS, *UNREAD]),
        *OTHERS,
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_the_column(text, column, message):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {})
    assert str(caught.value) == f"column {column}: {message}"
    assert caught.value.column == column
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("1/0", 1, "float division by zero in divide(1.0, 0.0). Keep the divisor away from 0"),
        ("a + 1/(b - 0.5)", 5, "float division by zero in divide(1.0, 0.0). Keep"),
        ("2 * (a / (c + 3))", 6, "float division by zero in divide(a=2.0, 0.0). Keep"),
        ("a * log(c)", 5, "math domain error in log(c=-3.0). The operand x must be in its domain (0 < x)"),
        (
            "c ** b",
            1,
            "a negative base needs an integer exponent in power(c=-3.0, b=0.5). The operand a must be in its domain",
        ),
        ("9**9**9", 1, "Numerical result out of range in power(9.0, 387420489.0). The result is beyond the largest"),
        ("1 + exp(a * 1000)", 5, "math range error in exp(2000.0). The result is beyond the largest float"),
        ("logsumexp([])", 1, "at least one number is needed"),
        ("sin(1e308 * 10)", 1, "math domain error in sin(inf). The operands must be finite"),
    ],
)
def test_arithmetic_that_python_refuses_says_operation_operands_and_column(text, column, message):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {name: x for name, x in AT.items() if name in text.replace("exp(", "").replace("sin(", "")})
    assert str(caught.value).startswith(f"column {column}: {message}")


def test_a_name_without_number_is_compared_with_the_numbers_without_name():
    with pytest.raises(ExpressionError) as caught:
        evaluate("width * a", {"widht": 1.0, "a": 2.0})
    assert str(caught.value) == "column 1: width has no number; give width=NUMBER (did you mean widht?)"


@pytest.mark.parametrize(("text", "names"), [("a + 1", "a"), ("1", "none")])
def test_a_number_that_is_not_used_is_refused(text, names):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"a": 1.0, "x": 2.0} if names == "a" else {"x": 2.0})
    assert str(caught.value) == f"x is given a number but not used; names in the expression: {names}"
    assert caught.value.marked == ""


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_an_empty_expression_is_refused(text):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {})
    assert str(caught.value) == f"the expression is empty; {ALLOWED}"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000 + "a" + ")" * 4000,
        "(" * 9999,
        "-" * 9999 + "a",
        "a" + "+a" * 4900,
        "a" + "**a" * 3000,
        "a" + "+a" * DEEPEST,
        "sin(" * 300 + "a" + ")" * 300,
    ],
)
def test_deep_nesting_is_refused(text):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"a": 1.0})
    assert str(caught.value).removeprefix(f"column {caught.value.column}: ") == TOO_DEEP


def test_a_long_row_of_attributes_is_refused():
    # As too deep, or for its first dot: that depends on how deep this Python's own parser goes.
    with pytest.raises(ExpressionError, match=r"nested too deeply|is not allowed"):
        evaluate("a" + ".a" * 4900, {"a": 1.0})


@pytest.mark.parametrize("text", ["a" + "+a" * 50_000, "(" * 10_000 + "a" + ")" * 10_000])
def test_a_long_text_is_refused(text):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"a": 1.0})
    assert str(caught.value) == f"the expression has {len(text):,} characters; at most {LONGEST:,} are read"


def test_a_sum_of_many_terms_is_read():
    output, inputs = evaluate("a" + "+a" * (DEEPEST - 1), {"a": 0.5})
    output.backward()
    assert (output.data, inputs["a"].grad) == (500.0, 1000.0)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a + b.c", "a + b.c\n    ^~~"),
        ("a ? b", "a ? b\n  ^"),
        ("a +", "a +\n   ^"),
        ("ｘ * a\n", "ｘ * a\N{REPLACEMENT CHARACTER}\n      ^"),  # the first letter is two cells wide
        ("1+" * 50 + "a.b" + "+1" * 50, "..." + "+" + "1+" * 19 + "a.b" + "+1" * 19 + "...\n" + " " * 42 + "^~~"),
    ],
)
def test_the_text_is_shown_with_a_caret_below_the_column(text, marked):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"a": 1.0})
    assert caught.value.marked == marked


# --- arithmetic -------------------------------------------------------------------------------------------------------

NUMBERS = st.floats(min_value=-100.0, max_value=100.0).map(lambda x: repr(x) if x >= 0 else f"({x!r})")
ARITHMETIC = st.recursive(
    NUMBERS | st.sampled_from(sorted(AT)),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " ** "]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})")
        | inner.map(lambda text: f"-{text}")
        | st.tuples(inner, st.sampled_from("+-*/"), inner).map("".join)
    ),
    max_leaves=12,
)


@given(ARITHMETIC)
def test_arithmetic_agrees_with_python(text):
    used = {name: x for name, x in AT.items() if name in text.replace("e", "")}
    try:
        expected = eval(text, {"__builtins__": {}}, dict(AT))  # noqa: S307 (ours)
    except ArithmeticError:
        expected = None
    try:
        output = evaluate(text, used)[0].data
    except ExpressionError:
        assert expected is None or isinstance(expected, complex)  # a negative number to a fractional power
    else:
        assert output == expected or math.isnan(output)


# --- numbers of names -----------------------------------------------------------------------------------------------


def test_assignments_are_read():
    given_ = ["a=2", "b=-1.5e3", "x_1 = .5", "c=1_000", "ｙ=1", "pi=3"]
    assert assignments(given_) == {"a": 2.0, "b": -1500.0, "x_1": 0.5, "c": 1000.0, "y": 1.0, "pi": 3.0}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("b", "'b' is not NAME=NUMBER, such as a=2; the expression comes first, in quotes"),
        ("a * a", "'a * a' is not NAME=NUMBER, such as a=2; the expression comes first, in quotes"),
        ("", "'' is not NAME=NUMBER, such as a=2; the expression comes first, in quotes"),
        ("=2", "'=2' is not NAME=NUMBER, such as a=2"),
        ("2=3", "'2=3' is not NAME=NUMBER, such as a=2"),
        ("b.c=3", "'b.c=3' is not NAME=NUMBER, such as a=2"),
        ("lambda=3", "'lambda=3' is not NAME=NUMBER, such as a=2"),
        ("b=", "'b=': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b==2", "'b==2': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b=two", "'b=two': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b=1/2", "'b=1/2': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b=1j", "'b=1j': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b=\n", "'b=\\n': wanted a number behind b=, such as 2 or -1.5e3"),
        ("b=nan", "'b=nan': the number must be finite, at most about 1.8e308"),
        ("b=-inf", "'b=-inf': the number must be finite, at most about 1.8e308"),
        ("b=1e999", "'b=1e999': the number must be finite, at most about 1.8e308"),
        ("a=3", "'a=3': a has a number already, 2"),
        ("ａ=3", "'ａ=3': a has a number already, 2"),
        ("b" * 100, f"'{'b' * 57}...' is not NAME=NUMBER, such as a=2; the expression comes first, in quotes"),
    ],
)
def test_a_wrong_assignment_is_refused_by_name(argument, message):
    with pytest.raises(ExpressionError) as caught:
        assignments(["a=2", argument])
    assert str(caught.value) == message
    assert caught.value.column == 0
