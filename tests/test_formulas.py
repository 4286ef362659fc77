"""Formulas: SymPy's derivatives of each primitive's value, beside the local derivatives of its rule."""

import sys
from random import Random

import pytest
import sympy
from test_primitives import CASES, TABLE, is_kink

from autograd import dot, formulas, logsumexp, relu, sigmoid, tanh, total
from autograd.primitives import divide, multiply, power
from autograd.systems import FLOATS


def names_of(primitive, operands):
    return [f"x{i}" for i in range(len(primitive.flat(operands)))]


def ordinary(name, operands):
    return not is_kink(name, operands) and all(x == 0 or 1e-3 <= abs(x) <= 20 for x in TABLE[name].flat(operands))


@pytest.mark.parametrize("name", [name for name in TABLE if name != "total"])
def test_a_formula_and_its_derivatives_agree_with_the_rule(name):
    """A second reference: no rule's derivative is used in the formulas."""
    primitive = TABLE[name]
    cases = [operands for operands in CASES[name] if ordinary(name, operands)]
    looked_at = 0
    for operands in Random(0).sample(cases, min(6, len(cases))):
        names, numbers = names_of(primitive, operands), primitive.flat(operands)
        at = {sympy.Symbol(n, real=True): sympy.Float(x, 60) for n, x in zip(names, numbers, strict=True)}
        y, local = primitive.rule(FLOATS, *operands)
        found = [formulas.value(primitive, names), *formulas.local_derivatives(primitive, names)]
        for formula, expected in zip(found, [y, *primitive.flat(local)], strict=True):
            number = sympy.N(formula.subs(at), 30)
            assert float(number) == pytest.approx(expected, rel=1e-12, abs=1e-14), (operands, formula)
            looked_at += 1
    assert looked_at


@pytest.mark.parametrize(
    ("primitive", "names", "expected"),
    [
        (tanh, ["x"], ["1 - tanh(x)**2"]),
        (multiply, ["a", "b"], ["b", "a"]),
        (divide, ["a", "b"], ["1/b", "-a/b**2"]),
        (power, ["a", "b"], ["a**(b - 1)*b", "a**b*log(a)"]),
        (total, ["a", "b", "c"], ["1", "1", "1"]),
        (dot, ["w1", "w2", "x1", "x2", "b"], ["x1", "x2", "w1", "w2", "1"]),
        (relu, ["x"], ["Heaviside(x)"]),
        (sigmoid, ["z"], ["exp(z)/(exp(z) + 1)**2"]),
    ],
)
def test_derivatives_are_those_of_the_book(primitive, names, expected):
    found = formulas.local_derivatives(primitive, names)
    symbols = {n: sympy.Symbol(n, real=True) for n in names}
    assert [str(formula) for formula in found] == expected or all(
        sympy.simplify(f - sympy.sympify(e, symbols)) == 0 and len(str(f)) <= len(e)
        for f, e in zip(found, expected, strict=True)
    )


def test_the_same_name_twice_is_two_operands():
    assert [str(f) for f in formulas.local_derivatives(multiply, ["a", "a"])] == ["a", "a"]


def test_formulas_can_be_set_in_latex():
    (slope,) = formulas.local_derivatives(tanh, ["x"])
    assert sympy.latex(slope) == r"1 - \tanh^{2}{\left(x \right)}"


def test_constants_are_exact():
    from autograd import gelu

    assert "Float" not in sympy.srepr(formulas.value(gelu, ["x"]))


def test_a_sum_of_exponentials_has_the_softmax_as_its_gradient():
    for formula, expected in zip(
        formulas.local_derivatives(logsumexp, ["a", "b"]),
        ["exp(a)/(exp(a) + exp(b))", "exp(b)/(exp(a) + exp(b))"],
        strict=True,
    ):
        symbols = {n: sympy.Symbol(n, real=True) for n in "ab"}
        assert sympy.simplify(formula - sympy.sympify(expected, symbols)) == 0


def test_without_sympy_one_line_says_what_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ModuleNotFoundError, match="pip install sympy"):
        formulas.value(tanh, ["unseen"])
