"""A client: the 27 nonlinear regressions of NIST's StRD, fitted by SciPy with the derivatives that `jacobian` gives.

The data, both starting points and the certified parameters (11 digits, found in quadruple precision) are those of
https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, of the US government, in the public domain.
"""

import json
import math
from functools import cache
from pathlib import Path

import pytest

from autograd import atan, cos, exp, jacobian, sin

np = pytest.importorskip("numpy")
least_squares = pytest.importorskip("scipy.optimize").least_squares

DATASETS = {
    each["name"]: each for each in json.loads((Path(__file__).parent / "data/nist_strd.json").read_text())["datasets"]
}
STARTS = ["start1", "start2"]
CERTIFIED_DIGITS = 11


# --- the models, as NIST writes them --------------------------------------------------------------------------------


def hill(x, b1, b2):
    return b1 * (1 - exp(-b2 * x))


def chwirut(x, b1, b2, b3):
    return exp(-b1 * x) / (b2 + b3 * x)


def enso(x, b1, b2, b3, b4, b5, b6, b7, b8, b9):
    def wave(period, cosine, sine):
        turn = 2 * math.pi * x / period
        return cosine * cos(turn) + sine * sin(turn)

    return b1 + wave(12, b2, b3) + wave(b4, b5, b6) + wave(b7, b8, b9)


def gauss(x, b1, b2, b3, b4, b5, b6, b7, b8):
    return b1 * exp(-b2 * x) + b3 * exp(-((x - b4) ** 2) / b5**2) + b6 * exp(-((x - b7) ** 2) / b8**2)


def lanczos(x, b1, b2, b3, b4, b5, b6):
    return b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)


def cubic_over_cubic(x, b1, b2, b3, b4, b5, b6, b7):
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)


MODELS = {
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
    "BoxBOD": hill,
    "Chwirut1": chwirut,
    "Chwirut2": chwirut,
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "ENSO": enso,
    "Eckerle4": lambda x, b1, b2, b3: (b1 / b2) * exp(-0.5 * ((x - b3) / b2) ** 2),
    "Gauss1": gauss,
    "Gauss2": gauss,
    "Gauss3": gauss,
    "Hahn1": cubic_over_cubic,
    "Kirby2": lambda x, b1, b2, b3, b4, b5: (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2),
    "Lanczos1": lanczos,
    "Lanczos2": lanczos,
    "Lanczos3": lanczos,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5),
    "Misra1a": hill,
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x * (1 + b2 * x) ** -1,
    "Nelson": lambda x, b1, b2, b3: b1 - b2 * x[0] * exp(-b3 * x[1]),  # of log y
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + exp(b2 - b3 * x)) ** (1 / b4),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - atan(b3 / (x - b4)) / math.pi,
    "Thurber": cubic_over_cubic,
}


# --- fits -----------------------------------------------------------------------------------------------------------


def observations(name):
    """The predictors and the response of each observation."""
    data = DATASETS[name]
    xs = data["x"] if "x" in data else list(zip(data["x1"], data["x2"], strict=True))
    ys = [math.log(y) for y in data["y"]] if data["response"] == "log(y)" else data["y"]
    return list(zip(xs, ys, strict=True))


@cache
def fitted(name, start, derivatives="exact"):
    """SciPy's fit, by the exact derivatives or by finite differences ("2-point"), all else equal."""
    observed, model = observations(name), MODELS[name]

    def residuals(b):
        return [model(x, *b) - y for x, y in observed]

    def residuals_or_infinity(b):
        # Python's exp raises where NumPy's is infinite; from infinite residuals the search comes back by itself.
        try:
            return residuals(b)
        except OverflowError:
            return [math.inf] * len(observed)

    with np.errstate(over="ignore"):  # the squares of residuals, where a first step is far too long
        return least_squares(
            residuals_or_infinity,
            DATASETS[name][start],
            jacobian(residuals) if derivatives == "exact" else derivatives,
            method="trf",
            x_scale="jac",
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
            max_nfev=5000,  # Bennett5 takes 1,400 from its first start
        )


def correct_digits(found, certified):
    """The log relative error of the worst number, as NIST counts digits, up to those that are certified."""
    errors = (abs(x - c) / abs(c) for x, c in zip(found, certified, strict=True))
    return min(CERTIFIED_DIGITS, *(-math.log10(max(error, 1e-16)) for error in errors))


def residual_standard_deviation(name, fit):
    """sqrt(RSS / (n - p)), of n observations and p parameters."""
    return math.sqrt(2 * fit.cost / (len(DATASETS[name]["y"]) - len(fit.x)))


def certified_standard_deviation(name):
    data = DATASETS[name]
    return math.sqrt(data["certified_rss"] / (len(data["y"]) - len(data["certified"])))


every_fit = pytest.mark.parametrize(("name", "start"), [(name, start) for name in MODELS for start in STARTS])


def test_all_27_sets_are_here():
    assert len(MODELS) == 27
    assert set(MODELS) == set(DATASETS)


@every_fit
def test_every_parameter_has_six_correct_digits(name, start):
    assert correct_digits(fitted(name, start).x, DATASETS[name]["certified"]) >= 6


@every_fit
def test_the_residual_standard_deviation_is_nists(name, start):
    # Of Lanczos1 the residuals are 1e-13, made of numbers as large as 2.5: no more than their rounding is lost.
    rounding = math.ulp(max(abs(y) for _, y in observations(name)))
    found = residual_standard_deviation(name, fitted(name, start))
    assert found == pytest.approx(certified_standard_deviation(name), rel=1e-9, abs=rounding)


@every_fit
def test_the_parameters_standard_deviations_are_nists(name, start):
    """s times the root of the diagonal of inverse(J' J): the Jacobian itself, not only where it leads."""
    fit = fitted(name, start)
    scale = np.linalg.norm(fit.jac, axis=0)  # columns are of the order 1e-7 to 1e10
    inverse = np.linalg.pinv(np.linalg.qr(fit.jac / scale, mode="r"), rcond=1e-15)
    found = certified_standard_deviation(name) * np.linalg.norm(inverse, axis=1) / scale
    assert correct_digits(found, DATASETS[name]["certified_sd"]) >= 6


@pytest.mark.parametrize("start", STARTS)
def test_finite_differences_do_not_reach_six_digits_where_a_parameter_is_small(start):
    """Hahn1's smallest parameter is 1e-7, SciPy's smallest step 1e-8: a difference as coarse misleads the search."""
    assert correct_digits(fitted("Hahn1", start, "2-point").x, DATASETS["Hahn1"]["certified"]) < 4
    assert correct_digits(fitted("Hahn1", start).x, DATASETS["Hahn1"]["certified"]) > 7
