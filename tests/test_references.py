"""The references against published numbers, Python's math module and derivatives in closed form."""

import math

import pytest
from mpmath import mp, mpf
from references import VALUES, derivatives, nth_derivative, value

ONE_OPERAND = (
    "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt cbrt square reciprocal absolute sin cos tan asin acos atan "
    "sinh cosh tanh asinh acosh atanh erf erfc sigmoid log_sigmoid softplus softsign relu silu gelu gelu_tanh step "
    "sign negative identity"
)
TWO_OPERANDS = "leaky_relu elu add subtract multiply divide power maximum minimum atan2 hypot logaddexp"

ORDINARY = dict.fromkeys(ONE_OPERAND.split(" "), (0.73,)) | dict.fromkeys(TWO_OPERANDS.split(" "), (-0.83, 3.0))
ORDINARY |= {"total": ([0.3, -0.7],), "dot": ([0.3, -0.7], [2.0, 3.0], 0.5), "logsumexp": ([0.3, -0.7],)}
ORDINARY["acosh"] = (1.7,)

# 30 digits and more, from tables.
PUBLISHED = [
    ("exp", (1.0,), "2.71828182845904523536028747135266249775724709369995"),
    ("expm1", (1.0,), "1.71828182845904523536028747135266249775724709369995"),
    ("exp2", (0.5,), "1.41421356237309504880168872420969807856967187537694"),
    ("power", (2.0, 0.5), "1.41421356237309504880168872420969807856967187537694"),
    ("sqrt", (2.0,), "1.41421356237309504880168872420969807856967187537694"),
    ("rsqrt", (0.5,), "1.41421356237309504880168872420969807856967187537694"),
    ("hypot", (-1.0, 1.0), "1.41421356237309504880168872420969807856967187537694"),
    ("cbrt", (-2.0,), "-1.25992104989487316476721060727822835057025146470150"),
    ("log", (10.0,), "2.30258509299404568401799145468436420760110148862877"),
    ("log1p", (1.0,), "0.69314718055994530941723212145817656807550013436025"),
    ("softplus", (0.0,), "0.69314718055994530941723212145817656807550013436025"),
    ("log_sigmoid", (0.0,), "-0.69314718055994530941723212145817656807550013436025"),
    ("logaddexp", (0.0, 0.0), "0.69314718055994530941723212145817656807550013436025"),
    ("logsumexp", ([0.0, 0.0],), "0.69314718055994530941723212145817656807550013436025"),
    ("log10", (2.0,), "0.30102999566398119521373889472449302676818988146210"),
    ("log2", (10.0,), "3.32192809488736234787031942948939017586483139302458"),
    ("sin", (1.0,), "0.84147098480789650665250232163029899962256306079837"),
    ("sin", (1e22,), "-0.8522008497671888017727058937530293682618"),
    ("cos", (1.0,), "0.54030230586813971740093660744297660373231042061792"),
    ("tan", (1.0,), "1.55740772465490223050697480745836017308725077238152"),
    ("asin", (1.0,), "1.57079632679489661923132169163975144209858469968755"),
    ("acos", (0.0,), "1.57079632679489661923132169163975144209858469968755"),
    ("atan", (1.0,), "0.78539816339744830961566084581987572104929234984378"),
    ("atan2", (1.0, -1.0), "2.35619449019234492884698253745962716314787704953133"),
    ("tanh", (1.0,), "0.76159415595576488811945828260479359041276859725794"),
    ("asinh", (0.5,), "0.48121182505960344749775891342436842313518433438566"),
    ("acosh", (1.5,), "0.96242365011920689499551782684873684627036866877132"),
    ("atanh", (0.5,), "0.54930614433405484569762261846126285232374527891137"),
    ("erf", (1.0,), "0.84270079294971486934122063508260925929606699796630"),
    ("erfc", (1.0,), "0.15729920705028513065877936491739074070393300203370"),
    ("gelu", (1.0,), "0.84134474606854294858523254563203792247791296672660"),
    ("elu", (-1.0, 2.0), "-1.26424111765711535680895245967707826510837773793646"),
    ("sigmoid", (1.0,), "0.73105857863000487925115924182183627436514464016506"),
    ("silu", (1.0,), "0.73105857863000487925115924182183627436514464016506"),
]
EXACT = [
    ("square", (-3.0,), 9), ("reciprocal", (-4.0,), -0.25), ("absolute", (-5e-324,), 5e-324), ("negative", (2.0,), -2),
    ("identity", (5e-324,), 5e-324),
    ("sinh", (0.0,), 0), ("cosh", (0.0,), 1), ("softsign", (-3.0,), -0.75), ("relu", (-1.0,), 0), ("relu", (2.0,), 2),
    ("leaky_relu", (-2.0, 0.25), -0.5), ("leaky_relu", (2.0, 0.25), 2), ("gelu_tanh", (0.0,), 0),
    ("step", (0.0,), 1), ("step", (-5e-324,), 0), ("sign", (0.0,), 0), ("sign", (-5e-324,), -1), ("sin", (0.0,), 0),
    ("add", (1.0, 2.0), 3), ("subtract", (1.0, 2.0), -1), ("multiply", (3.0, 2.0), 6), ("divide", (3.0, 2.0), 1.5),
    ("power", (-2.0, -3.0), -0.125), ("maximum", (1.0, 2.0), 2), ("minimum", (1.0, 2.0), 1), ("total", ([],), 0),
    ("total", ([1e308, 1.0, -1e308, 2.0**-50],), 1 + 2**-50), ("hypot", (3 * 5e-324, 4 * 5e-324), 5 * 5e-324),
    ("dot", ([1e308, 1.0, -1e308], [1e308, 1.0, 1e308], 0.0), 1), ("logsumexp", ([-1e308],), -1e308),
    ("gelu", (-1e308,), 0), ("erfc", (1e300,), 0), ("tanh", (1e308,), 1), ("softplus", (1e308,), 1e308),
]  # fmt: skip


def sech2(x):
    return mp.sech(x) ** 2


def logistic(x):
    return mp.exp(x) / (1 + mp.exp(x))


def gelu_tanh_slope(x):
    inner, c = mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 10**6 * x**3), mp.sqrt(2 / mp.pi)
    return logistic(2 * inner) + x / 2 * sech2(inner) * c * (1 + 3 * mpf(44715) / 10**6 * x**2)


def gelu_slopes(n, x):
    return (SLOPES["gelu"](x), *[mp.npdf(x) * p for p in (2 - x**2, x**3 - 4 * x, 7 * x**2 - x**4 - 4)])[n - 1]


def sigmoid_slopes(n, x):
    s = logistic(x)
    return s * (1 - s) * (1, 1 - 2 * s, 1 - 6 * s + 6 * s**2, (1 - 2 * s) * (1 - 12 * s + 12 * s**2))[n - 1]


SLOPES = {
    "exp": mp.exp,
    "exp2": lambda x: 2**x * mp.log(2),
    "expm1": mp.exp,
    "log": lambda x: 1 / x,
    "log2": lambda x: 1 / x / mp.log(2),
    "log10": lambda x: 1 / x / mp.log(10),
    "log1p": lambda x: 1 / (1 + x),
    "sqrt": lambda x: 1 / mp.sqrt(x) / 2,
    "rsqrt": lambda x: -1 / mp.sqrt(x) / x / 2,
    "cbrt": lambda x: 1 / mp.cbrt(x * x) / 3,
    "square": lambda x: 2 * x,
    "reciprocal": lambda x: -1 / x**2,
    "absolute": mp.sign,
    "sin": mp.cos,
    "cos": lambda x: -mp.sin(x),
    "tan": lambda x: mp.sec(x) ** 2,
    "asin": lambda x: 1 / mp.sqrt(1 - x**2),
    "acos": lambda x: -1 / mp.sqrt(1 - x**2),
    "atan": lambda x: 1 / (1 + x**2),
    "sinh": mp.cosh,
    "cosh": mp.sinh,
    "tanh": sech2,
    "asinh": lambda x: 1 / mp.sqrt(x**2 + 1),
    "acosh": lambda x: 1 / mp.sqrt(x**2 - 1),
    "atanh": lambda x: 1 / (1 - x**2),
    "erf": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),
    "erfc": lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),
    "sigmoid": lambda x: logistic(x) * logistic(-x),
    "log_sigmoid": lambda x: logistic(-x),
    "softplus": logistic,
    "softsign": lambda x: 1 / (1 + abs(x)) ** 2,
    "relu": lambda x: x > 0,
    "leaky_relu": lambda x, slope: (1, 0) if x > 0 else (slope, x),
    "elu": lambda x, alpha: (1, 0) if x > 0 else (alpha * mp.exp(x), mp.expm1(x)),
    "silu": lambda x: logistic(x) + x * logistic(x) * logistic(-x),
    "gelu": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x),
    "gelu_tanh": gelu_tanh_slope,
    "step": lambda x: 0,
    "sign": lambda x: 0,
    "negative": lambda x: -1,
    "identity": lambda x: 1,
    "add": lambda x, y: (1, 1),
    "subtract": lambda x, y: (1, -1),
    "multiply": lambda x, y: (y, x),
    "divide": lambda x, y: (1 / y, -x / y**2),
    "power": lambda a, b: (b * a ** (b - 1), a**b * mp.log(a) if a > 0 else mp.nan),
    "maximum": lambda x, y: (x > y, y > x),
    "minimum": lambda x, y: (x < y, y < x),
    "atan2": lambda y, x: (x / (x**2 + y**2), -y / (x**2 + y**2)),
    "hypot": lambda x, y: (x / mp.hypot(x, y), y / mp.hypot(x, y)),
    "logaddexp": lambda x, y: (logistic(x - y), logistic(y - x)),
    "total": lambda terms: [1] * len(terms),
    "dot": lambda weights, inputs, bias: [*inputs, *weights, 1],
    "logsumexp": lambda xs: [mp.exp(x) / sum(map(mp.exp, xs)) for x in xs],
}
TINY, NEXT_TO_1 = 5e-324, 1 - 2**-53
EXTREME = [
    *[
        (name, (x,))
        for name in ("log", "sqrt", "rsqrt", "cbrt", "square", "atan", "asinh")
        for x in (TINY, 1e-310, 1e308)
    ],
    *[(name, (x,)) for name in ("asin", "acos", "atanh", "log1p") for x in (-NEXT_TO_1, TINY, -1e-300, 1e-17)],
    *[(name, (x,)) for name in ("tanh", "sigmoid", "softplus", "log_sigmoid", "silu") for x in (-700.0, 190.0, 370.0)],
    *[(name, (x,)) for name in ("gelu", "erf", "erfc") for x in (-37.0, -15.0, -0.75, 0.0, 8.0)],
    *[(name, (x,)) for name in ("sin", "cos", "tan") for x in (TINY, math.pi / 2, math.pi, 1e22, 1e300)],
    *[(name, (0.0,)) for name in ("exp", "sin", "cos", "cosh", "tanh", "softsign", "gelu_tanh", "silu")],
    *[(name, (x,)) for name in ("relu", "absolute", "step", "sign") for x in (-1.0, TINY, -1e308)],
    *[
        (name, (x, y))
        for name in ("hypot", "atan2")
        for x in (3e-320, -1e-300, 1.0, 1e308)
        for y in (4e-320, 1e-150, 1e308)
    ],
    *[(name, (1.0, 1 + 2**-52)) for name in ("maximum", "minimum", "subtract", "divide", "power", "hypot")],
    *[
        ("power", operands)
        for operands in ((1e-200, 2.0), (1e200, -1.5), (NEXT_TO_1, 1e17), (1.0, -1e300), (-2.0, 3.0), (TINY, 0.5))
    ],
    *[("gelu_tanh", (x,)) for x in (-28.0, -8.0, -0.75, 20.0, 1e100)],
    *[("elu", operands) for operands in ((-40.0, 1.0), (-TINY, 1e-300), (-1000.0, 2.0), (TINY, 3.0))],
    *[("leaky_relu", (x, 0.01)) for x in (-1e308, -TINY, TINY)],
    *[("multiply", operands) for operands in ((3.0, 0.0), (0.0, 0.0), (TINY, 1e308))],
    *[("logaddexp", operands) for operands in ((1000.0, 0.0), (-745.0, TINY))],
    *[("logsumexp", (xs,)) for xs in ([1000.0, 0.0], [-1e5, -1e5, -1e5 - 700], [2.0])],
    ("dot", ([1e308, 1.0, -1e308], [1e308, TINY, 1e308], 1e-200)),
    ("total", ([1e308, TINY, -1e308, 0.0],)),
    ("acosh", (1 + 2**-52,)),
    *[("erf", (x,)) for x in (26.0, -39.0)],
    ("atan2", (0.0, 1e-300)),
    ("divide", (TINY, 1e-308)),
    ("reciprocal", (-1e-308,)),
    ("exp", (-745.0,)),
]


def agree(actual, expected, digits):
    if mp.isnan(expected):
        return mp.isnan(actual)
    return abs(actual - expected) <= mpf(10) ** -digits * abs(expected)


def exact(operands):
    return [list(map(mpf, group)) if isinstance(group, list) else mpf(group) for group in operands]


def test_every_primitive_is_defined():
    assert set(VALUES) == set(ORDINARY) == set(SLOPES)


@pytest.mark.parametrize("name", VALUES)
def test_number_of_operands(name):
    assert mp.isfinite(value(name, ORDINARY[name]))
    with pytest.raises(TypeError):
        value(name, ORDINARY[name][:-1])


@pytest.mark.parametrize(("name", "operands", "expected"), PUBLISHED)
def test_published_values(name, operands, expected):
    with mp.workdps(60):
        assert agree(value(name, operands), mpf(expected), 39)


@pytest.mark.parametrize(("name", "operands", "expected"), EXACT)
def test_exact_values(name, operands, expected):
    assert value(name, operands) == expected


@pytest.mark.parametrize("name", [name for name in VALUES if hasattr(math, name)])
def test_values_against_python(name):
    operands = tuple(abs(x) for x in ORDINARY[name])
    assert float(value(name, operands)) == pytest.approx(getattr(math, name)(*operands), rel=4e-16, abs=0)


@pytest.mark.parametrize(
    ("name", "operands", "same_as"),
    [
        ("softplus", (-745.0,), lambda x: mp.log1p(mp.exp(x))),
        ("log_sigmoid", (800.0,), lambda x: -mp.log1p(mp.exp(-x))),
        ("log1p", (TINY,), lambda x: x - x**2 / 2),
        ("expm1", (-TINY,), lambda x: x + x**2 / 2),
        ("elu", (-1e-300, 3.0), lambda x, alpha: alpha * (x + x**2 / 2)),
        ("gelu", (-37.0,), lambda x: x * mp.ncdf(x)),
        ("gelu_tanh", (-20.0,), lambda x: x * logistic(2 * mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 10**6 * x**3))),
        ("logsumexp", ([0.0, -1000.0],), lambda xs: mp.log1p(mp.exp(xs[1]))),
        ("sin", (1e300,), lambda x: mp.im(mp.expj(x))),
        ("tanh", (190.0,), lambda x: mp.expm1(2 * x) / (mp.exp(2 * x) + 1)),
        ("power", (NEXT_TO_1, 1e17), lambda a, b: mp.exp(b * mp.log1p(-(mpf(2) ** -53)))),
        ("total", ([1e308, 1.0, -1e308, 1e-300],), lambda terms: terms[1] + terms[3]),
    ],
)
def test_values_that_vanish_at_low_precision(name, operands, same_as):
    with mp.workdps(1500):
        assert agree(value(name, operands), same_as(*exact(operands)), 40)


@pytest.mark.parametrize(("name", "operands"), [*ORDINARY.items(), *EXTREME])
def test_derivatives_in_closed_form(name, operands):
    with mp.workdps(1500):
        slopes = SLOPES[name](*exact(operands))
        expected = [mp.convert(slope) for slope in (slopes if isinstance(slopes, list | tuple) else [slopes])]
        actual = derivatives(name, operands)
        assert len(actual) == len(expected)
        assert all(agree(*pair, 25) for pair in zip(actual, expected, strict=True)), (actual, expected)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("name", "operands", "closed_form"),
    [
        *[("exp", (x,), lambda n, x: mp.exp(x)) for x in (-745.0, 0.0, 1.5)],
        *[("sin", (x,), lambda n, x: mp.sin(x + n * mp.pi / 2)) for x in (0.7, 1e22, 1e300)],
        *[("log", (x,), lambda n, x: -mp.factorial(n - 1) / (-x) ** n) for x in (TINY, 0.3, 1e308)],
        *[("power", (x, 2.5), lambda n, x, b: mp.ff(b, n) * x ** (b - n)) for x in (1e-200, 3.0)],
        *[("square", (x,), lambda n, x: (2 * x, 2, 0, 0)[n - 1]) for x in (0.1, 1e-200, 1e150)],
        *[("relu", (x,), lambda n, x: n == 1) for x in (TINY, 1e308)],
        *[("divide", (x, 3.0), lambda n, x, y: (n == 1) / y) for x in (0.0, 0.1, 1e308)],
        ("dot", ([0.1, 0.2], [0.3, 0.4], 0.5), lambda n, weights, inputs, bias: (n == 1) * inputs[0]),
        ("tanh", (0.0,), lambda n, x: (1, 0, -2, 0)[n - 1]),
        *[("gelu", (x,), gelu_slopes) for x in (-37.0, 0.0, 1.1, 20.0)],
        *[("sigmoid", (x,), sigmoid_slopes) for x in (-700.0, 0.3, 300.0)],
    ],
)
def test_higher_derivatives_in_closed_form(name, operands, closed_form, order):
    with mp.workdps(1500):
        expected = mp.convert(closed_form(order, *exact(operands)))
        assert agree(nth_derivative(name, operands, 0, order), expected, 20)


def test_where_there_is_no_derivative():
    assert all(
        mp.isnan(*derivatives(name, (x,))) for name, x in [("sqrt", 0.0), ("asin", 1.0), ("acosh", 1.0), ("log", 0.0)]
    )
    for name, operands in [("cbrt", (0.0,)), ("step", (0.0,)), ("atan2", (0.0, -1.0))]:
        with pytest.raises(ArithmeticError, match="no two estimates"):
            derivatives(name, operands)
