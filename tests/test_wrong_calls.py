"""Wrong calls of everything public: each says what came, what was wanted and what to do, and leaves all as it was.

A row is a short name, the call (of the world that it is made in), the error, and pieces of its message. What an error
notes (`add_note`) is read with its message, as a traceback shows both.
"""

import gc
import io
import math
import os
import random
import re
import signal
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import autograd.__main__
import autograd.compare
import nn.__main__
from autograd import (
    Dual,
    GradientError,
    GuardError,
    Value,
    atan2,
    check_gradients,
    detect_anomaly,
    dot,
    draw,
    drawn,
    exp,
    explain,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    logsumexp,
    maximum,
    no_grad,
    primitive,
    reciprocal,
    record,
    softmax,
    sqrt,
    total,
    value_and_grad,
    vjp,
)
from autograd.modes import current
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Convolution,
    Dropout,
    EarlyStopping,
    History,
    Layer,
    MLPClassifier,
    MLPRegressor,
    Module,
    Neuron,
    Perceptron,
    Recurrent,
    RMSprop,
    StopAt,
    clip_grad_norm_,
    clip_grad_value_,
    data,
    encoding,
    evaluate,
    fit,
    initializers,
    logic,
    losses,
    minimize,
    penalties,
    plots,
    schedules,
    separability,
)
from nn.serialize import ModelFileError

LONGEST = 300
INF, NAN = math.inf, math.nan
ROWS = ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0))
FRAME = pd.DataFrame({"x": range(1000), "y": range(1000)})
FILES = {
    "fruit.csv": "x,y,kind\n1,2,plum\n2,3,fig\n3,4,plum\n4,1,fig\n",
    "empty.csv": "",
    "header.csv": "x,y\n",
    "headless.csv": "1,2,0\n2,3,1\n3,4,0\n",
    "headless_with_names.csv": "1,2,plum\n2,3,fig\n3,4,plum\n",
    "twice.csv": "x,x\n1,2\n3,4\n",
    "ragged.csv": "x,y\n1,2\n1,2,3\n",
    "words.csv": "x,y\none,1\ntwo,2\n",
    "hole.csv": "x,y\n,1\n2,2\n",
    "nan.csv": "x,y\nnan,1\n2,2\n",
    "one_class.csv": "x,y\n1,a\n2,a\n",
    "quote.csv": 'x,y\n"1,2\n',
    "empty.json": "",
    "list.json": "[]",
    "broken.safetensors": "{}",
}


class CommandRefusedError(Exception):
    """What a command line says before it returns 2."""


def refused(main):
    """Run a command line that is to refuse: 2, nothing on standard output, and its words as an error."""

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(list(arguments))
        assert (status, out.getvalue()) == (2, "")
        raise CommandRefusedError(err.getvalue().strip())

    return run


AUTOGRAD, COMPARE, NN = map(refused, (autograd.__main__.main, autograd.compare.main, nn.__main__.main))


@pytest.fixture
def w(tmp_path, monkeypatch):
    """The world that a wrong call is made in: some of everything that it could change."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        tmp_path.joinpath(name).write_text(text)
    a, b, model = Value(2.0, "a"), Value(1.0, "b"), MLP(2, [3, 1], seed=0)
    nn.save(model, "model.json")
    y = (a + b) * b
    y.backward()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for k, parameter in enumerate(model.parameters()):
        parameter.grad = 0.1 * k
    optimizer.step()
    history = History()
    history.rows += [{"epoch": 1, "loss": 0.5, "seconds": 0.1}]
    inputs, targets = [list(row) for row in ROWS], [1.0, 1.0, 0.0, 0.0]
    with tmp_path.joinpath("closed.txt").open("w") as closed:
        closed.write("closed")
    return SimpleNamespace(
        a=a,
        b=b,
        y=y,
        model=model,
        three=MLP(2, [4, 3], seed=0),
        optimizer=optimizer,
        schedule=schedules.StepLR(optimizer, step_size=2),
        plateau=schedules.ReduceLROnPlateau(optimizer),
        stopping=EarlyStopping(),
        history=history,
        perceptron=Perceptron(2, seed=0),
        tape=record(lambda x: (a * x - b) ** 2, 3.0),
        tape_of_two=record(lambda x, t: [a * x[0], t * x[1]], [3.0, 1.0], 2.0),
        inputs=inputs,
        targets=targets,
        fit=partial(fit, model, loss=losses.squared_error),
        moons=data.moons(20, seed=0),
        random=Random(0),
        closed=closed,
        folder=tmp_path,
    )


def snapshot(w):
    """Everything that a wrong call could leave changed."""
    values = [*w.model.parameters(), *w.three.parameters(), *w.perceptron.parameters(), w.a, w.b, w.y]
    return {
        "values": [(x.data, x.grad, x.label, x.parents, x.local_derivatives) for x in values],
        "training": [module.training for module in (*w.model.modules(), *w.three.modules())],
        "optimizer": w.optimizer.state_dict(),
        "schedules": [w.schedule.state_dict(), w.plateau.state_dict()],
        "callback": repr(vars(w.stopping)),
        "history": (list(w.history.rows), w.history.stopped, w.history.interrupted),
        "tapes": [(str(tape), tape.read().tolist()) for tape in (w.tape, w.tape_of_two)],
        "examples": repr((w.inputs, w.targets, w.moons.inputs, w.moons.targets)),
        "generators": (random.getstate(), w.random.getstate(), repr(np.random.get_state())),  # noqa: NPY002 (the global one)
        "files": {path.name: path.read_bytes() for path in w.folder.iterdir()},
        "modes": current(),
        "collector": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "warnings": list(warnings.filters),
        "process": (
            sys.getrecursionlimit(),
            Path.cwd(),
            signal.getsignal(signal.SIGINT),
            np.geterr(),
            dict(os.environ),
        ),
        "figures": sys.modules["matplotlib.pyplot"].get_fignums() if "matplotlib.pyplot" in sys.modules else [],
    }


def within(block, call):
    """A call inside a `with` block."""
    with block:
        return call()


async def coroutine():
    """A function whose body runs later."""


def generator():
    """Another one."""
    yield


# A row is a call: one entry a line would make 1,500 lines of them.
# fmt: off

VALUES = [
    ("a text as a number", lambda w: Value("3"), TypeError, "Value needs a real number, not str: '3'", "float(...)"),
    ("None as a number", lambda w: Value(None), TypeError, "Value needs a real number, not NoneType: None"),
    ("a list as a number", lambda w: Value([1.0]), TypeError, "not list: [1.0]", "Apply it to each element"),
    ("a complex number", lambda w: Value(1j), TypeError, "Value needs a real number, not complex: 1j"),
    ("an int beyond the floats", lambda w: Value(10**5000), OverflowError, "int is beyond the floats", "1.8e308"),
    ("an array as a number", lambda w: Value(np.zeros(1000)), TypeError, "not ndarray", "array.item()"),
    ("a frame as a number", lambda w: Value(FRAME), TypeError, "needs a real number, not DataFrame", ".to_numpy()"),
    ("a Value of a Value", lambda w: Value(w.a), TypeError, "not Value", ".data", ".detach()"),
    ("a label that is no text", lambda w: Value(1.0, 3), TypeError, "the label must be text, not int: 3"),
    ("no number", lambda w: Value(), TypeError, "missing 1 required positional argument: 'data'"),
    ("data that is a text", lambda w: setattr(w.a, "data", "x"),
     TypeError, "Value.data needs a real number", "str: 'x'"),
    ("data that is None", lambda w: setattr(w.a, "data", None),
     TypeError, "Value.data needs a real number", "NoneType"),
    ("a grad that is a text", lambda w: setattr(w.a, "grad", "x"), TypeError, "Value.grad needs a real number"),
    ("a grad that is None", lambda w: setattr(w.a, "grad", None), TypeError, "Value.grad", "not NoneType: None"),
    ("an attribute that there is not", lambda w: setattr(w.a, "dta", 1.0), AttributeError, "'Value'", "'dta'"),
    ("adding a text", lambda w: w.a + "1", TypeError, "'Value' and 'str'"),
    ("taking a list away", lambda w: w.a - [1.0], TypeError, "'Value' and 'list'"),
    ("times None", lambda w: w.a * None, TypeError, "'Value' and 'NoneType'"),
    ("smaller than a text", lambda w: w.a < "1", TypeError, "'Value' and 'str'"),
    ("a remainder", lambda w: w.a % 2, TypeError, "% and // of a Value", "v.data", "divide with /"),
    ("rounding", lambda w: round(w.a), TypeError, "rounding a Value", "round v.data", "format it"),
    ("math's function", lambda w: math.exp(w.a), TypeError, "a Value is not a plain number", "autograd.exp(v)"),
    ("a condition", lambda w: not w.a, TypeError, "neither true nor false", "compare it, as in v > 0"),
    ("division by zero", lambda w: w.a / 0, ZeroDivisionError, "divide(a=2.0, 0.0)", "Keep the divisor away from 0"),
    ("the logarithm of -1", lambda w: log(-1.0), ValueError, "in log(-1.0)", "(0 < x)", "Clamp or shift"),
    ("the root of -1", lambda w: Value(-1.0) ** 0.5, ValueError, "needs an integer exponent", "(0 <= a)"),
    ("zero to a negative power", lambda w: Value(0.0) ** -1,
     ZeroDivisionError, "in power(0.0, -1.0)", "Keep the divisor"),
    ("the reciprocal of 0", lambda w: reciprocal(0), ZeroDivisionError, "in reciprocal(0)", "Keep the divisor"),
    ("an exponential too large", lambda w: exp(1000.0), OverflowError, "in exp(1000.0)", "logsumexp, softmax"),
    ("the exponential of a text", lambda w: exp("1"), TypeError, "exp needs a number or a Value, not str: '1'"),
    ("the exponential of a list", lambda w: exp([1.0]), TypeError, "not list: [1.0]", "each element"),
    ("the root of a frame", lambda w: sqrt(FRAME["x"]),
     TypeError, "sqrt needs a number or a Value, not Series", "numpy"),
    ("an operand too few", lambda w: atan2(w.a), TypeError, "atan2(y, x): missing a required argument: 'x'"),
    ("an operand too many", lambda w: log(w.a, 10), TypeError, "log(x): too many positional arguments"),
    ("a list for two operands", lambda w: maximum([w.a, w.b]), TypeError, "maximum(a, b): missing", "'b'"),
    ("a dot of different lengths", lambda w: dot([w.a], [w.a, w.b]),
     ValueError, "1 weights but 2 inputs", "each needs one"),
    ("a dot of single numbers", lambda w: dot(w.a, w.b), TypeError, "weights must be a sequence", "not Value"),
    ("a total of one Value", lambda w: total(w.a),
     TypeError, "terms must be a sequence of numbers or Values, not Value"),
    ("a total of a text", lambda w: total("abc"), TypeError, "total needs a number or a Value, not str: 'a'"),
    ("an error within a total", lambda w: total(x + "1" for x in [w.a]), TypeError, "'Value' and 'str'"),
    ("logsumexp of nothing", lambda w: logsumexp([]), ValueError, "at least one number is needed", "empty"),
    ("softmax of nothing", lambda w: softmax([]), ValueError, "softmax needs at least one number", "empty"),
    ("softmax of one Value", lambda w: softmax(w.a), TypeError, "softmax needs a sequence of numbers", "not Value"),
    ("a seed that is a text", lambda w: w.y.backward("x"), TypeError, "backward(seed) needs a real number", "str: 'x'"),
    ("backward of a plain number", lambda w: exp(2.0).backward(), AttributeError, "'float' object", "'backward'"),
    ("a Dual of a text", lambda w: Dual("x", 1.0), TypeError, "Dual needs a number or a Value, not str: 'x'"),
    ("a Dual as a float", lambda w: float(Dual(1.0, 1.0)), TypeError, "a Dual is not a plain number", "v.primal"),
    ("a rule that is a number", lambda w: primitive(3), TypeError, "a rule is a function of a number system", "not 3"),
    ("a rule without operands", lambda w: primitive(lambda m: 1), TypeError, "at least one operand"),
    ("a rule without derivatives", lambda w: primitive(lambda m, x: x)(w.a),
     TypeError, "returned 2.0", "return y, (dy_dx,)"),
    ("a domain that is a text", lambda w: primitive(domain="x")(lambda m, x: x),
     TypeError, "must be an Interval", "'x'"),
]

DERIVATIVES = [
    ("the gradient of a float", lambda w: gradients(3.0, w.a), TypeError, "gradients of float", "must be a Value"),
    ("the gradient by a float", lambda w: gradients(w.y, 3.0), TypeError, "with respect to float", "must be Values"),
    ("the gradient by a name", lambda w: gradients(w.y, [w.a, "b"]),
     TypeError, "with respect to str", "must be Values"),
    ("grad of a number", lambda w: grad(3), TypeError, "grad: the first argument must be a function, not int: 3"),
    ("value_and_grad of None", lambda w: value_and_grad(None), TypeError, "must be a function, not NoneType"),
    ("grad at no point", lambda w: grad(exp)(), TypeError, "grad: no argument was given"),
    ("grad at a text", lambda w: grad(exp)("x"), TypeError, "argument 0 is str 'x'; wanted a number, or lists"),
    ("grad at a list with a text", lambda w: grad(total)([1.0, "x"]),
     TypeError, "argument 0[1] is str 'x'", "wanted a number"),
    ("grad of two results", lambda w: grad(lambda x: [x, x])(1.0),
     TypeError, "list of 2 numbers", "jacobian differentiates"),
    ("grad of no result", lambda w: grad(lambda x: None)(1.0), TypeError, "the function's result is NoneType None"),
    ("grad of math's function", lambda w: grad(math.sin)(1.0),
     TypeError, "a Value is not a plain number", "autograd.sin(v)"),
    ("an unknown mode", lambda w: jacobian(exp, mode="sideways"), ValueError, "'forward' or 'reverse', not 'sideways'"),
    ("the hessian of a list", lambda w: hessian(lambda v: v)([1.0]), TypeError, "wanted one number", "jacobian"),
    ("jvp without a tuple", lambda w: jvp(exp, 1.0, 1.0), TypeError, "must be a tuple", "like (x,), not 1.0"),
    ("a tangent too many", lambda w: jvp(exp, (1.0,), (1.0, 2.0)),
     ValueError, "1 numbers in primals but 2 in tangents"),
    ("vjp at no point", lambda w: vjp(exp), TypeError, "vjp: no argument was given"),
    ("a cotangent of another shape", lambda w: vjp(exp, 1.0)[1]([1.0]),
     ValueError, "the cotangent differ in structure"),
    ("hvp of a number", lambda w: hvp(3, (1.0,), (1.0,)), TypeError, "hvp: the first argument must be a function"),
    ("a check of a number", lambda w: check_gradients(3, 1.0), TypeError, "must be a function, not int"),
    ("a check at no point", lambda w: check_gradients(exp),
     TypeError, "no argument was given", "check_gradients(f, 1.0)"),
    ("a check at NaN", lambda w: check_gradients(exp, NAN), ValueError, "the point holds nan", "wanted finite numbers"),
    ("a tolerance below 0", lambda w: check_gradients(exp, 1.0, tolerance=-1), ValueError, "a number above 0, not -1"),
    ("a check of order 5", lambda w: check_gradients(exp, 1.0, order=5), ValueError, "order must be 1 or 2, not 5"),
    ("a check at a kink", lambda w: check_gradients(lambda x: maximum(x, 0.0), 0.0), GradientError, "kink", "x = 0.0"),
    ("no_grad of a number", lambda w: no_grad(3), TypeError, "takes a function, as @no_grad", "not int: 3"),
    ("no_grad of a coroutine", lambda w: no_grad(coroutine),
     TypeError, "no effect on coroutine", "`with no_grad():` around what", "no yield inside"),
    ("no_grad of a generator", lambda w: no_grad(generator),
     TypeError, "no effect on generator", "`with no_grad():` around what", "no yield inside"),
    ("an error in nested no_grad", lambda w: within(no_grad(), lambda: within(no_grad(), lambda: exp("x"))),
     TypeError, "'x'"),
    ("a first NaN", lambda w: within(detect_anomaly(), lambda: Value(1e200) * 1e200),
     FloatingPointError, "gave inf, at"),
]

TAPES = [
    ("recording a number", lambda w: record(3), TypeError, "record runs a function, not int: 3"),
    ("recording at a text", lambda w: record(exp, "x"), TypeError, "argument 0 is str 'x'; wanted a number, or lists"),
    ("recording at ragged rows", lambda w: record(exp, [[1.0], [1.0, 2.0]]),
     ValueError, "(1,) and (2,)", "of their own"),
    ("recording no result", lambda w: record(lambda x: None, 1.0), TypeError, "the function's result is NoneType None"),
    ("recording a float", lambda w: record(float, 1.0), TypeError, "a Value is not a plain number"),
    ("a parameter that is a number", lambda w: record(exp, 1.0, parameters=[3]), TypeError, "int 3; wanted Values"),
    ("parameters that are one Value", lambda w: record(exp, 1.0, parameters=w.a), TypeError, "wanted a list of Values"),
    ("drawing by a number", lambda w: drawn(0.5), TypeError, "drawn needs a function", "Random(0).random, not 0.5"),
    ("a replay of nothing", lambda w: w.tape(), TypeError, "the tape takes 1 argument", "got 0"),
    ("a replay of two arguments", lambda w: w.tape([1.0], [2.0]), TypeError, "takes 1 argument", "got 2"),
    ("a replay of a text", lambda w: w.tape("abc"), TypeError, "argument 0 holds 'abc'", "wanted an array of numbers"),
    ("a replay of None in a row", lambda w: w.tape([1.0, None]),
     TypeError, "argument 0 holds None", "a row for each example"),
    ("a replay of no rows", lambda w: w.tape([]), ValueError, "argument 0 has no rows; wanted at least one"),
    ("a replay of a single number", lambda w: w.tape(3.0), ValueError, "the shape (); wanted (rows,)"),
    ("rows of the wrong width", lambda w: w.tape([[1.0, 2.0]]), ValueError, "the shape (1, 2); wanted (rows,)"),
    ("not as many rows", lambda w: w.tape_of_two([[1.0, 2.0]], [1.0, 2.0]), ValueError, "2 rows, those before it 1"),
    ("ragged rows", lambda w: w.tape_of_two([[1.0, 2.0], [1.0]], [1.0, 2.0]), TypeError, "rows have different shapes"),
    ("the batch of another tape", lambda w: w.tape(w.tape_of_two.batch([[1.0, 2.0]], [1.0])),
     ValueError, "another tape", "batch(...)"),
    ("parameters too few", lambda w: w.tape([1.0], parameters=[1.0]), ValueError, "the shape (1,); wanted (2,)"),
    ("parameters that are a text", lambda w: w.tape([1.0], parameters="x"),
     TypeError, "parameters is 'x'", "tape.read()"),
    ("weights too many", lambda w: w.tape.value_and_grad([1.0], weights=[1.0, 2.0]),
     ValueError, "2 weights for 1 rows"),
    ("weights that are a text", lambda w: w.tape.value_and_grad([1.0], weights="x"),
     TypeError, "weights is 'x'", "1 numbers"),
    ("weights of nothing", lambda w: w.tape.value_and_grad([1.0], weights=[0.0]),
     ValueError, "add up to 0.0", "more than 0"),
    ("an unknown reduction", lambda w: w.tape.value_and_grad([1.0], reduction="max"),
     ValueError, "'max'", '"mean" or "sum"'),
    ("the gradient of two outputs", lambda w: w.tape_of_two.value_and_grad([[1.0, 2.0]], [1.0]),
     ValueError, "a list of 2", "vjp"),
    ("vjp of a number", lambda w: w.tape.vjp(3, [1.0]), TypeError, "arguments is 3; wanted a list"),
    ("cotangents that are a text", lambda w: w.tape.vjp([[1.0]], "x"), TypeError, "cotangents is 'x'; wanted an array"),
    ("cotangents of another shape", lambda w: w.tape.vjp([[1.0]], [[1.0]]), ValueError, "(1, 1); wanted (1,)"),
    ("tangents of other rows", lambda w: w.tape.jvp([[1.0]], [[1.0, 2.0]]), ValueError, "2 rows for arguments of 1"),
    ("parameter tangents of text", lambda w: w.tape.jvp([[1.0]], [[1.0]], parameter_tangents="x"),
     TypeError, "is 'x'", "wanted"),
    ("writing too few numbers", lambda w: w.tape.write([1.0]), ValueError, "numbers has the shape (1,); wanted (2,)"),
    ("writing a text", lambda w: w.tape.write("x"), TypeError, "numbers is 'x'; wanted an array of numbers"),
    ("writing a gradient of text", lambda w: w.tape.write([1.0, 2.0], ["x", 1.0]),
     TypeError, "gradient is ['x', 1.0]", "wanted"),
    ("a row out of the domain", lambda w: record(log, 1.0)([1.0, -1.0]),
     ValueError, "in log(-1.0)", "in row 1 of the batch"),
    ("a row that decides otherwise", lambda w: record(lambda x: x if x > 0 else -x, 1.0)([1.0, -2.0]),
     GuardError, "row 1", "autograd.maximum"),
]

PICTURES = [
    ("drawing a number", lambda w: draw(3), TypeError, "draw shows the graph of a Value", "not of int"),
    ("drawing nothing", lambda w: draw([]), TypeError, "a list of Values, or a network, not of list"),
    ("a depth below 0", lambda w: draw(w.y, depth=-1), ValueError, "a whole number of at least 0, not -1"),
    ("at most 0 boxes", lambda w: draw(w.y, most=0), ValueError, "at least 1, not 0"),
    ("along a number", lambda w: draw(w.y, along=3), TypeError, "draw(along=...) takes a Value of the graph, not int"),
    ("along a stranger", lambda w: draw(w.y, along=Value(3.0)), ValueError, "does not depend on Value(data=3.0"),
    ("around an unknown group", lambda w: draw(w.y, groups=w.model, around="layers.9"),
     ValueError, "no such group", "layers.1"),
    ("groups by a number", lambda w: draw(w.y, groups=3), TypeError, "named_parameters()", "not int"),
    ("an ending that there is not", lambda w: draw(w.y).save("x.gif"), ValueError, "x.gif", ".svg, .png", "not .gif"),
    ("a folder that there is not", lambda w: draw(w.y).save("nowhere/x.dot"), FileNotFoundError, "'nowhere/x.dot'"),
    ("a path that is a number", lambda w: draw(w.y).save(3),
     TypeError, "expected str, bytes or os.PathLike", "not int"),
    ("explaining a number", lambda w: explain(3), TypeError, "value must be a Value, not int: 3"),
    ("explaining along a stranger", lambda w: explain(w.y, along=Value(1.0)), ValueError, "does not depend on Value"),
    ("an unknown mistake", lambda w: explain(w.y, wrong="x"), ValueError, "wrong='x'", "'no-order' or 'overwrite'"),
    ("an animation's ending", lambda w: explain(w.y).save("x.gif"), ValueError, "as .svg, .html or .txt, not .gif"),
]

COMMANDS = [
    ("no expression", lambda w: AUTOGRAD(), CommandRefusedError, "there is no expression; wanted one in quotes"),
    ("a name without number", lambda w: AUTOGRAD("a*b", "a=2"), CommandRefusedError, "b has no number; give b=NUMBER"),
    ("a number without name", lambda w: AUTOGRAD("a", "a=2", "c=4"),
     CommandRefusedError, "c is given a number but not used"),
    ("a number that is a word", lambda w: AUTOGRAD("a", "a=x"),
     CommandRefusedError, "'a=x': wanted a number behind a="),
    ("infinity", lambda w: AUTOGRAD("a", "a=inf"), CommandRefusedError, "'a=inf': the number must be finite"),
    ("a number twice", lambda w: AUTOGRAD("a", "a=1", "a=2"), CommandRefusedError, "a has a number already, 1"),
    ("an expression that ends early", lambda w: AUTOGRAD("a*", "a=1"),
     CommandRefusedError, "the end does not fit here", "allowed are"),
    ("another language's power", lambda w: AUTOGRAD("a^2", "a=1"), CommandRefusedError, "'^' is not allowed; write **"),
    ("an attribute", lambda w: AUTOGRAD("a.data", "a=1"), CommandRefusedError, "a.data is not allowed; allowed are"),
    ("an import", lambda w: AUTOGRAD("__import__(os)", "os=1"), CommandRefusedError, "no function __import__ here"),
    ("an unknown function", lambda w: AUTOGRAD("foo(a)", "a=1"),
     CommandRefusedError, "no function foo here", "such as abs, exp"),
    ("a misspelt function", lambda w: AUTOGRAD("tahn(a)", "a=1"), CommandRefusedError, "did you mean tan or tanh?"),
    ("another name of log", lambda w: AUTOGRAD("ln(a)", "a=1"), CommandRefusedError, "did you mean log?"),
    ("a function without brackets", lambda w: AUTOGRAD("abs"),
     CommandRefusedError, "abs is a function; write abs(...)"),
    ("a huge power", lambda w: AUTOGRAD("9**9**9"),
     CommandRefusedError, "power(9.0, 387420489.0)", "Scale the operands down"),
    ("a division by zero", lambda w: AUTOGRAD("1/a", "a=0"),
     CommandRefusedError, "float division by zero in divide(1.0, a=0.0)"),
    ("a misspelt option", lambda w: AUTOGRAD("a", "a=1", "--darw", "x.svg"),
     CommandRefusedError, "--darw", "did you mean --draw?"),
    ("another misspelt option", lambda w: AUTOGRAD("a", "a=1", "--explian"),
     CommandRefusedError, "did you mean --explain?"),
    ("a picture of another kind", lambda w: AUTOGRAD("a", "a=1", "--draw", "x.gif"),
     CommandRefusedError, "must end in .svg"),
    ("a picture in no folder", lambda w: AUTOGRAD("a", "a=1", "--draw", "no/x.svg"),
     CommandRefusedError, "there is no folder no"),
    ("a comparison of 0 inputs", lambda w: COMPARE("--inputs", "0"),
     CommandRefusedError, "'0': wanted a whole number from 1"),
    ("a misspelt --inputs", lambda w: COMPARE("--inptus", "3"), CommandRefusedError, "did you mean --inputs?"),
    ("both kinds of comparison", lambda w: COMPARE("a", "a=1", "--inputs", "3"),
     CommandRefusedError, "leave out one of the two"),
    ("a data set as a command", lambda w: NN("moons"),
     CommandRefusedError, "'moons' is no command", "python -m nn train moons"),
    ("a file as a command", lambda w: NN("fruit.csv"), CommandRefusedError, "python -m nn train fruit.csv"),
    ("a misspelt command", lambda w: NN("trian", "moons"),
     CommandRefusedError, "there are 'train', 'predict'", "mean 'train'?"),
    ("a misspelt data set", lambda w: NN("train", "moon"),
     CommandRefusedError, "no data set 'moon'", "did you mean 'moons'?"),
    ("a misspelt setting", lambda w: NN("train", "moons", "--eopchs", "3"),
     CommandRefusedError, "did you mean --epochs?", "train --help"),
    ("one argument too many", lambda w: NN("train", "moons", "x"),
     CommandRefusedError, "unrecognized arguments: x", "--help"),
    ("a width of 0", lambda w: NN("train", "moons", "--widths", "0"),
     CommandRefusedError, "'0' is not a whole number of at least 1"),
    ("a rate of NaN", lambda w: NN("train", "moons", "--rate", "nan"),
     CommandRefusedError, "'nan' is not a positive number"),
    ("a misspelt activation", lambda w: NN("train", "moons", "--activation", "rleu"),
     CommandRefusedError, "did you mean 'relu'?"),
    ("a target of a set", lambda w: NN("train", "moons", "--target", "x"),
     CommandRefusedError, "leave it to CSV files"),
    ("an unknown target", lambda w: NN("train", "fruit.csv", "--target", "knd"),
     CommandRefusedError, "did you mean 'kind'?"),
    ("samples too few", lambda w: NN("train", "fruit.csv"),
     CommandRefusedError, "2 of class", "wanted 3 of each class", "add some"),
    ("a file that there is not", lambda w: NN("train", "no.csv"),
     CommandRefusedError, "'no.csv': No such file", "check the path"),
    ("a file in place of a folder", lambda w: NN("train", "moons", "--plots", "fruit.csv"),
     CommandRefusedError, "name a folder"),
    ("predicting without rows", lambda w: NN("predict", "model.json"), CommandRefusedError, "required: FILE.csv"),
    ("predicting by a table", lambda w: NN("predict", "fruit.csv", "fruit.csv"),
     CommandRefusedError, "not a JSON file"),
]

MODULES = [
    ("inputs by a text", lambda w: MLP("2", [1]),
     TypeError, "n_inputs is '2', a str; wanted a whole number of at least 1"),
    ("inputs below 0", lambda w: MLP(-1, [1]), ValueError, "n_inputs is -1; wanted a whole number of at least 1"),
    ("no widths", lambda w: MLP(2, []), ValueError, "widths is empty", "such as [1]"),
    ("one width", lambda w: MLP(2, 3), TypeError, "widths must be a list such as [16, 1], not int: 3"),
    ("a width of no neurons", lambda w: MLP(2, [3, 0], seed=w.random), ValueError, "widths[1] is 0; wanted"),
    ("a broken width", lambda w: MLP(2, [1.5]), TypeError, "widths[0] is 1.5, a float; wanted a whole number"),
    ("a misspelt name", lambda w: MLP(2, [3, 1], "rleu"), ValueError, "no activation 'rleu'", "did you mean 'relu'?"),
    ("softmax as an activation", lambda w: MLP(2, [3], output_activation="softmax"),
     ValueError, "losses.cross_entropy"),
    ("activations too many", lambda w: MLP(2, [3, 1], ["relu"] * 2), ValueError, "2 activations for 1 hidden layer"),
    ("a seed of half a number", lambda w: MLP(2, [1], seed=1.5),
     TypeError, "seed is 1.5", "an int, a random.Random or None"),
    ("an unknown initializer", lambda w: MLP(2, [1], init="hee"), ValueError, "no init 'hee'", "did you mean 'he'?"),
    ("a probability above 1", lambda w: MLP(2, [1], dropout=1.5), ValueError, "dropout is 1.5", "from 0 to 1"),
    ("an input too few", lambda w: w.model([1.0]), ValueError, "MLP takes 2 numbers, got 1"),
    ("an input that is a number", lambda w: w.model(1.0),
     TypeError, "takes a list of numbers or Values, not float: 1.0"),
    ("an input that is a text", lambda w: w.model("ab"), TypeError, "takes a list of numbers or Values, not str: 'ab'"),
    ("a neuron's input too many", lambda w: Neuron(2)([1.0] * 3), ValueError, "Neuron takes 2 numbers, got 3"),
    ("rows for one example", lambda w: w.model([[1.0, 2.0], [3.0, 4.0]]), TypeError, "not several", "nn.outputs(model"),
    ("a number for a row", lambda w: w.model(3.0), TypeError, "one example is a row, such as [3.0]"),
    ("a number for a bias", lambda w: setattr(w.model.layers[0].neurons[0], "b", 0.5), TypeError, "b.data = 0.5"),
    ("a layer of no outputs", lambda w: Layer(2, 0), ValueError, "n_outputs is 0; wanted a whole number"),
    ("dropout of a number", lambda w: Dropout(0.5)(3), TypeError, "takes a Value or a list of Values, not int: 3"),
    ("a module without a call", lambda w: Module()([1.0]),
     TypeError, "does not say what it computes", "define __call__"),
    ("a mode that is a text", lambda w: w.model.train("yes"), TypeError, "mode is 'yes', a str; wanted True or False"),
    ("a state of nothing", lambda w: w.model.load_state_dict({}),
     ValueError, "0 numbers, the model 13 parameters", "same widths"),
    ("a state that is None", lambda w: w.model.load_state_dict(None),
     TypeError, "the state is None", "as state_dict() gives"),
    ("a state of texts", lambda w: w.model.load_state_dict(dict.fromkeys(w.model.state_dict(), "x")),
     TypeError, "must be a number, not str: 'x'"),
    ("a state beyond the floats", lambda w: w.model.load_state_dict(dict.fromkeys(w.model.state_dict(), 10**400)),
     OverflowError, "beyond the floats"),
    ("a kernel of size 0", lambda w: Convolution(1, 1, 0), ValueError, "kernel_size is 0; wanted"),
    ("channels too many", lambda w: Convolution(1, 1, 2)([[1.0], [1.0]]), ValueError, "takes 1 channel, got 2"),
    ("an input below the window", lambda w: Convolution(1, 1, 2)([[1.0]]), ValueError, "smaller than the window of 2"),
    ("an input not deep enough", lambda w: Convolution(1, 1, 2)([1.0]), TypeError, "nested 2 deep", "found float: 1.0"),
    ("a sequence that is None", lambda w: Recurrent(2, 2)(None), TypeError, "Recurrent takes a list", "not NoneType"),
    ("a step that is a number", lambda w: Recurrent(2, 2)([1.0]), TypeError, "got float at step 0: 1.0"),
    ("a state too short", lambda w: Recurrent(2, 2)([[1.0, 2.0]], [1.0]), ValueError, "2 numbers, got 1"),
    ("a generator by name", lambda w: initializers.generator("x"), TypeError, "seed is 'x', a str; wanted an int"),
    ("a class that there is not", lambda w: encoding.indicator(3, 3), ValueError, "index is 3", "an int from 0 to 2"),
    ("the largest of one", lambda w: encoding.argmax(3), TypeError, "a sequence of outputs", "not 3", "threshold"),
    ("the largest of none", lambda w: encoding.argmax([]), ValueError, "at least one output", "empty"),
    ("one class to decide for", lambda w: encoding.threshold(1.0, classes=3), ValueError, "classes is 3; wanted two"),
    ("decisions too few", lambda w: encoding.confusion_counts([0], [0, 1], 2), ValueError, "1 decision but 2 targets"),
    ("a decision for no class", lambda w: encoding.confusion_counts([5], [0], 2),
     ValueError, "a decision is 5", "from 0 to 1"),
]

TRAINING = [
    ("the error of too few targets", lambda w: losses.squared_error([w.a, w.b], 1.0),
     ValueError, "2 outputs but 1 target"),
    ("a target that is a name", lambda w: losses.squared_error(w.a, "x"), ValueError, "not 'x'; number the classes"),
    ("a target that is NaN", lambda w: losses.squared_error(w.a, NAN), ValueError, "a finite number", "not nan"),
    ("no output", lambda w: losses.squared_error(None, 1.0), TypeError, "not None, a NoneType; look at what the model"),
    ("an output that is a text", lambda w: losses.perceptron("x", 1), TypeError, "outputs that are Values, not 'x'"),
    ("outputs of nothing", lambda w: losses.squared_error([], []), ValueError, "there are no outputs; wanted a Value"),
    ("an unknown mean", lambda w: losses.squared_error(w.a, 1.0, reduction="max"),
     ValueError, "'max'; wanted 'sum' or 'mean'"),
    ("a class for a sign", lambda w: losses.hinge(w.a, 0), ValueError, "hinge: the target must be -1 or 1, not 0"),
    ("two outputs for one", lambda w: losses.hinge([w.a, w.b], 1), ValueError, "one output, a Value, not a list of 2"),
    ("a probability of 2", lambda w: losses.binary_cross_entropy_with_logits(w.a, 2),
     ValueError, "between 0 and 1, not 2"),
    ("a logit as probability", lambda w: losses.binary_cross_entropy(w.a, 1), ValueError, "for a logit there is"),
    ("a class beyond the outputs", lambda w: losses.cross_entropy([w.a, w.b], 2),
     ValueError, "an int from 0 to 1, not 2"),
    ("probabilities above 1", lambda w: losses.cross_entropy([w.a, w.b], [0.5, 0.6]),
     ValueError, "add up to 1", "[0.5, 0.6]"),
    ("one output for classes", lambda w: losses.cross_entropy(w.a, 0), ValueError, "at least 2 outputs", "with_logits"),
    ("a text among the outputs", lambda w: losses.cross_entropy([w.a, "x"], 0), TypeError, "not 'x', a str"),
    ("a width of the hinge of 0", lambda w: losses.huber(w.a, 1.0, delta=0),
     ValueError, "delta is 0; wanted a positive number"),
    ("a margin of 2", lambda w: losses.margin([w.a, w.b], 0, rho=2),
     ValueError, "rho is 2; wanted a number between 0 and 1"),
    ("fitting a number", lambda w: fit(3, w.inputs, w.targets, loss=losses.hinge),
     TypeError, "fit trains a Module", "not int"),
    ("a loss by name", lambda w: w.fit(w.inputs, w.targets, loss="mse"),
     TypeError, "loss is 'mse'", "nn.losses.squared_error"),
    ("targets too few", lambda w: w.fit(w.inputs, [1.0]),
     ValueError, "4 inputs but 1 targets; each example needs both"),
    ("no examples", lambda w: w.fit([], []), ValueError, "there are no examples"),
    ("an iterator of examples", lambda w: w.fit(iter(w.inputs), w.targets),
     TypeError, "a list of examples, or an array"),
    ("a frame of examples", lambda w: w.fit(FRAME, [1.0] * 1000), TypeError, "a DataFrame", "give .to_numpy()"),
    ("a NaN among the inputs", lambda w: w.fit([[0.0, NAN]], [1.0]),
     ValueError, "inputs[0], column 1, is nan", "take the example out"),
    ("a NaN among the targets", lambda w: w.fit(w.inputs, [1.0, NAN, 1.0, 1.0]), ValueError, "targets[1] is nan"),
    ("a row too short", lambda w: w.fit([[0.0, 1.0], [1.0]], [1.0, 2.0]),
     ValueError, "takes 2 numbers, got 1", "in example 1", "[1.0]"),
    ("a text in a row", lambda w: w.fit([[0.0, 1.0], [1.0, "x"]], [1.0, 2.0]), TypeError, "str: 'x'", "in example 1"),
    ("a name among the targets", lambda w: w.fit(w.inputs, [1.0, 0.0, "x", 1.0]),
     ValueError, "not 'x'; number", "in example 2"),
    ("the same without a tape", lambda w: w.fit(w.inputs, ["x"] * 4, engine="eager"),
     ValueError, "not 'x'", "in example"),
    ("targets of another loss", lambda w: w.fit(w.inputs, w.targets, loss=losses.hinge),
     ValueError, "-1 or 1, not 0.0", "in example 2"),
    ("no epochs", lambda w: w.fit(w.inputs, w.targets, epochs=0),
     ValueError, "epochs is 0; wanted an int of at least 1"),
    ("epochs by a text", lambda w: w.fit(w.inputs, w.targets, epochs="10"), TypeError, "epochs is '10', a str; wanted"),
    ("batches of no examples", lambda w: w.fit(w.inputs, w.targets, batch_size=0),
     ValueError, "batch_size is 0; wanted"),
    ("shuffling by a text", lambda w: w.fit(w.inputs, w.targets, shuffle="no"),
     TypeError, "shuffle is 'no', a str; wanted True"),
    ("progress by a text", lambda w: w.fit(w.inputs, w.targets, progress="no"),
     TypeError, "progress is 'no'", "True or False"),
    ("no seed", lambda w: w.fit(w.inputs, w.targets, seed=None), TypeError, "seed is None, a NoneType; wanted an int"),
    ("validation by a number", lambda w: w.fit(w.inputs, w.targets, validation=3),
     TypeError, "wanted a pair of inputs and targets"),
    ("validation of other lengths", lambda w: w.fit(w.inputs, w.targets, validation=(w.inputs, [])),
     ValueError, "4 validation inputs but 0"),
    ("a metric by name", lambda w: w.fit(w.inputs, w.targets, metrics=["m"]),
     TypeError, "metrics is ['m'], a list", "by name"),
    ("a metric named loss", lambda w: w.fit(w.inputs, w.targets, metrics={"loss": max}),
     ValueError, "'loss'", "rename it"),
    ("a metric of no number", lambda w: w.fit(w.inputs, w.targets, metrics={"m": lambda y, t: None}),
     TypeError, "the metric 'm' returned None"),
    ("a penalty by a number", lambda w: w.fit(w.inputs, w.targets, penalty=3),
     TypeError, "penalty is 3", "nn.penalties.l2(0.01)"),
    ("an optimizer by name", lambda w: w.fit(w.inputs, w.targets, optimizer="sgd"),
     TypeError, "'sgd'", "SGD(model.parameters()"),
    ("an optimizer's class", lambda w: w.fit(w.inputs, w.targets, optimizer=SGD),
     TypeError, "is the class SGD; wanted an instance"),
    ("another model's optimizer", lambda w: w.fit(w.inputs, w.targets, optimizer=SGD([w.a])),
     ValueError, "no parameter of this model"),
    ("another optimizer's schedule", lambda w: w.fit(w.inputs, w.targets, schedule=w.schedule),
     ValueError, "another optimizer"),
    ("two ways to clip", lambda w: w.fit(w.inputs, w.targets, clip_norm=1.0, clip_value=1.0),
     ValueError, "wanted one of them"),
    ("a callback that is none", lambda w: w.fit(w.inputs, w.targets, callbacks=[3]),
     TypeError, "callbacks[0] is 3", "one argument"),
    ("a callback without a list", lambda w: w.fit(w.inputs, w.targets, callbacks=w.stopping),
     TypeError, "wanted a list"),
    ("an unmeasured column", lambda w: w.fit(w.inputs, w.targets, callbacks=[w.stopping]),
     ValueError, "give fit validation="),
    ("an unknown engine", lambda w: w.fit(w.inputs, w.targets, engine="gpu"),
     ValueError, "'gpu'; wanted one of 'auto'"),
    ("a loss of no Value", lambda w: w.fit(w.inputs, w.targets, loss=lambda y, t: 3.0),
     TypeError, "what the loss returned is 3.0"),
    ("evaluating a number", lambda w: evaluate(3, w.inputs, w.targets, loss=losses.hinge),
     TypeError, "model is 3", "a Module, or"),
    ("evaluating a short row", lambda w: evaluate(w.model, [[1.0]], [1.0], loss=losses.hinge),
     ValueError, "takes 2 numbers", "in example 0"),
    ("no parameters", lambda w: SGD([]), ValueError, "SGD was given no parameters; pass model.parameters()"),
    ("a model for parameters", lambda w: SGD(w.model),
     TypeError, "SGD changes Values, not MLP", "pass model.parameters()"),
    ("a rate below 0", lambda w: SGD([w.a], lr=-1), ValueError, "lr is -1; wanted a finite number, 0 or more"),
    ("an infinite rate", lambda w: AdamW([w.a], lr=INF), ValueError, "lr is inf; wanted a finite number"),
    ("one beta", lambda w: Adam([w.a], betas=0.9), TypeError, "betas is 0.9, a float; wanted a pair of numbers"),
    ("a share above 1", lambda w: RMSprop([w.a], alpha=2), ValueError, "alpha is 2; wanted a number from 0 to 1"),
    ("Nesterov without momentum", lambda w: SGD([w.a], nesterov=True), ValueError, "nesterov needs momentum > 0"),
    ("a rate that is assigned", lambda w: setattr(w.optimizer, "lr", "x"), TypeError, "lr is 'x', a str; wanted"),
    ("a state of another optimizer", lambda w: w.optimizer.load_state_dict(Adam([w.a]).state_dict()),
     ValueError, "that of Adam; wanted that of SGD"),
    ("a memory of nothing", lambda w: w.optimizer.load_state_dict({**w.optimizer.state_dict(), "memory": {}}),
     ValueError, "the memory is {}; SGD needs 'velocity'"),
    ("a step on lists", lambda w: w.optimizer.updated([1.0], [1.0]),
     ValueError, "wanted (13,), an entry for each parameter"),
    ("clipping below 0", lambda w: clip_grad_norm_([w.a], -1),
     ValueError, "max_norm is -1; wanted a number, 0 or more"),
    ("clipping a number", lambda w: clip_grad_value_(3, 1.0), TypeError, "not int: 3; pass model.parameters()"),
    ("a schedule of a number", lambda w: schedules.StepLR(3, 2),
     TypeError, "the lr of an optimizer, such as SGD(...)", "int: 3"),
    ("a step of 0 epochs", lambda w: schedules.StepLR(w.optimizer, 0), ValueError, "step_size is 0; wanted"),
    ("a negative factor", lambda w: schedules.LambdaLR(w.optimizer, lambda _: -1.0),
     ValueError, "lr_lambda(0) is -1.0"),
    ("a metric by a text", lambda w: w.plateau.step("x"), TypeError, "the metric is 'x', a str; wanted a number"),
    ("a schedule's other state", lambda w: w.schedule.load_state_dict(w.plateau.state_dict()),
     ValueError, "wanted that of StepLR"),
    ("patience below 0", lambda w: EarlyStopping(patience=-1), ValueError, "patience is -1; wanted a number of epochs"),
    ("stopping at NaN", lambda w: StopAt(NAN), ValueError, "value is nan; wanted a finite number"),
    ("a column that there is not", lambda w: w.history["los"], KeyError, "no column 'los'", "did you mean 'loss'?"),
    ("a history in no folder", lambda w: w.history.to_csv("nowhere/x.csv"), FileNotFoundError, "'nowhere/x.csv'"),
    ("minimizing a number", lambda w: minimize(3, [1.0]), TypeError, "a function that gives a Value, not int: 3"),
    ("minimizing from nowhere", lambda w: minimize(total, []), ValueError, "x0 is []; wanted a list of the numbers"),
    ("a penalty below 0", lambda w: penalties.l2(-1), ValueError, "the coefficient of l2 is -1", "as in l2(0.01)"),
    ("a penalty of a model", lambda w: penalties.l1(1.0, of=w.model), TypeError, "not MLP", "pass model.parameters()"),
]

DATA_AND_FILES = [
    ("a moon of one point", lambda w: data.moons(1), ValueError, "n_samples is 1; wanted an int of at least 2"),
    ("noise below 0", lambda w: data.moons(10, noise=-1), ValueError, "noise is -1; wanted a finite number, 0 or more"),
    ("a factor above 1", lambda w: data.circles(10, factor=2),
     ValueError, "factor is 2; wanted a number between 0 and 1"),
    ("a set that there is not", lambda w: data.load("moon"),
     data.DataError, "no data set 'moon'", "did you mean 'moons'?"),
    ("a table that there is not", lambda w: data.from_csv("no.csv"), data.DataError, "No such file", "check the path"),
    ("a column by number", lambda w: data.from_csv("fruit.csv", 2), TypeError, "target is 2, an int; wanted the name"),
    ("a misspelt column", lambda w: data.from_csv("fruit.csv", "knd"), data.DataError, "did you mean 'kind'?"),
    ("an unknown task", lambda w: data.from_csv("fruit.csv", task="x"), ValueError, "'x'; wanted 'classification'"),
    ("a table of nothing", lambda w: data.from_csv("empty.csv"), data.DataError, "the file is empty; wanted a line"),
    ("a table without rows", lambda w: data.from_csv("header.csv"),
     data.DataError, "no row below the header", "add samples"),
    ("a table without header", lambda w: data.from_csv("headless.csv"),
     data.DataError, "'1', '2', '0'; wanted a line of names"),
    ("a header that is a sample", lambda w: data.from_csv("headless_with_names.csv"),
     data.DataError, "'1', '2', 'plum' look like", "add one"),
    ("a column twice", lambda w: data.from_csv("twice.csv"),
     data.DataError, "column 2 is named 'x' again", "rename it"),
    ("a line too long", lambda w: data.from_csv("ragged.csv"),
     data.DataError, "line 3: 3 cells; wanted 2", "mend the line"),
    ("a word among numbers", lambda w: data.from_csv("words.csv"),
     data.DataError, "column 'x': 'one'; wanted a finite number"),
    ("an empty cell", lambda w: data.from_csv("hole.csv"), data.DataError, "line 2, column 'x': an empty cell", "mend"),
    ("a cell of NaN", lambda w: data.from_csv("nan.csv"), data.DataError, "'nan'; wanted a finite number"),
    ("one class", lambda w: data.from_csv("one_class.csv"), data.DataError, "no target but 'a'; wanted two classes"),
    ("a quote that stays open", lambda w: data.from_csv("quote.csv"), data.DataError, "not CSV", "mend the line"),
    ("columns by a text", lambda w: data.rows_from_csv("fruit.csv", "x"),
     TypeError, "input_names is 'x'; wanted a list"),
    ("a column not in the table", lambda w: data.rows_from_csv("fruit.csv", ["z"]),
     data.DataError, "no column 'z'", "the file has"),
    ("all held out", lambda w: w.moons.split(1.0), ValueError, "held_out is 1.0; wanted a number between 0 and 1"),
    ("a sample that there is not", lambda w: w.moons.take([100]),
     IndexError, "100 is no sample", "an int from 0 to 19"),
    ("a sample by name", lambda w: w.moons.take(["x"]), IndexError, "'x' is no sample", "an int from 0 to 19"),
    ("one index", lambda w: w.moons.take(3), TypeError, "indices is 3, an int; wanted a list of ints"),
    ("a scaling of nothing", lambda w: data.Scaling.fit([]), ValueError, "no rows came; wanted at least one"),
    ("a scaling of one row", lambda w: data.Scaling.fit([1.0]), TypeError, "row 0 is 1.0, a float; wanted a list"),
    ("a scaling of words", lambda w: data.Scaling.fit([["x"]]), TypeError, "column 0 holds 'x', a str; wanted numbers"),
    ("a row of another width", lambda w: data.Scaling([0.0] * 2, [1.0] * 2)([[1.0]]),
     ValueError, "row 0 has 1 number; wanted 2"),
    ("not as many targets", lambda w: data.Dataset("x", [[1.0]], [1, 2], ("a",), (), "t"),
     ValueError, "wanted as many of each"),
    ("saving a number", lambda w: nn.save(3, "x.json"), TypeError, "save writes an MLP, not int", "state_dict()"),
    ("saving in no folder", lambda w: nn.save(w.model, "nowhere/x.json"), FileNotFoundError, "nowhere/x.json"),
    ("saving over a folder", lambda w: nn.save(w.model, "."), IsADirectoryError, "Is a directory"),
    ("saving to a closed file", lambda w: nn.save(w.model, w.closed), TypeError, "expected str", "not TextIOWrapper"),
    ("saving what JSON cannot", lambda w: nn.save(w.model, "model.json", about={"a": NAN}),
     ValueError, "about holds what JSON cannot"),
    ("saving a nameless function", lambda w: nn.save(MLP(2, [1], output_activation=lambda x: x), "model.json"),
     ValueError, "no name", '"tanh"'),
    ("loading what is not there", lambda w: nn.load("no.json"), FileNotFoundError, "'no.json'"),
    ("loading a table", lambda w: nn.load("fruit.csv"), ModelFileError, "fruit.csv: not a JSON file"),
    ("loading from a closed file", lambda w: nn.load(w.closed), TypeError, "expected str", "not TextIOWrapper"),
    ("loading an empty file", lambda w: nn.load("empty.json"), ModelFileError, "empty.json: not a JSON file"),
    ("loading another JSON", lambda w: nn.load("list.json"), ModelFileError, "not a model that nn.save wrote"),
    ("loading broken tensors", lambda w: nn.load("broken.safetensors"), ModelFileError, "not a safetensors file"),
]

SMALLER = [
    ("a perceptron of nothing", lambda w: Perceptron(0), ValueError, "n_inputs is 0; wanted a whole number"),
    ("classes 0 and 1", lambda w: w.perceptron.learn(w.inputs, [0, 1, 0, 1]),
     ValueError, "targets[0] is 0", "2 * target - 1"),
    ("samples of another width", lambda w: w.perceptron.learn([[1.0]], [1]), ValueError, "takes 2 numbers", "have 1"),
    ("no rounds", lambda w: w.perceptron.learn(w.inputs, [1] * 4, max_epochs=0), ValueError, "max_epochs is 0; wanted"),
    ("a row of twos", lambda w: logic.minterm([2]), ValueError, "the row is (2,); wanted zeros and ones"),
    ("a gate of nothing", lambda w: logic.and_gate(0), ValueError, "n_inputs is 0; wanted a whole number"),
    ("a table of three", lambda w: logic.from_truth_table([0, 1, 1]), ValueError, "3 outputs; wanted 2, 4, 8"),
    ("a table with a hole", lambda w: logic.from_truth_table({(0,): 1}), ValueError, "1 of the 2 rows", "missing (1,)"),
    ("a table as a text", lambda w: logic.from_truth_table("0110"), TypeError, "'0110', a str; wanted zeros and ones"),
    ("a proof about words", lambda w: separability.certificate([["x"]], [1]),
     TypeError, "inputs[0], column 0, is 'x'", "number"),
    ("multipliers too few", lambda w: separability.is_certificate([1], w.inputs, [1, -1, 1, -1]),
     ValueError, "1 multiplier for 4 samples"),
    ("a multiplier alone", lambda w: separability.is_certificate(3, w.inputs, [1, -1, 1, -1]),
     TypeError, "the multipliers are 3", "a list"),
    ("a weight of NaN", lambda w: separability.separates([NAN, 1.0], 0.0, w.inputs, [1, -1, 1, -1]),
     ValueError, "a weight is nan", "finite"),
    ("a threshold of text", lambda w: separability.separates([1.0, 1.0], "x", w.inputs, [1, -1, 1, -1]),
     TypeError, "a threshold is 'x'"),
    ("layers of no units", lambda w: MLPClassifier((0,)).fit(w.inputs, [0, 1, 0, 1]),
     ValueError, "hidden_layer_sizes[0] is 0"),
    ("an unknown solver", lambda w: MLPClassifier(solver="x").fit(w.inputs, [0, 1, 0, 1]),
     ValueError, "'x'; wanted one of 'adam'"),
    ("one class for an estimator", lambda w: MLPClassifier().fit(w.inputs, [0] * 4),
     ValueError, "only 1 class", "at least 2"),
    ("names for a regressor", lambda w: MLPRegressor().fit(w.inputs, ["a"] * 4),
     ValueError, "no number", "MLPClassifier"),
    ("predicting before fitting", lambda w: MLPRegressor().predict(w.inputs),
     ValueError, "not fitted yet", "Call 'fit'"),
    ("a picture of a number", lambda w: plots.network(3), TypeError, "the model is 3, an int; wanted an MLP"),
    ("Axes by a number", lambda w: plots.network(w.model, ax=3), TypeError, "ax is an int; wanted matplotlib's Axes"),
    ("regions of a number", lambda w: plots.decision_regions(3, limits=((0, 1), (0, 1))), TypeError, "the model is 3"),
    ("regions without classes", lambda w: plots.decision_regions(w.model, w.inputs),
     ValueError, "4 inputs and 0 targets"),
    ("regions of names", lambda w: plots.decision_regions(w.model, w.inputs, ["a"] * 4),
     TypeError, "targets[0] is 'a'", "number of a class"),
    ("points on a line", lambda w: plots.decision_regions(w.model, [[1.0]], [1]),
     ValueError, "row 0 is [1.0]; wanted two numbers"),
    ("a rectangle of one number", lambda w: plots.decision_regions(w.model, limits=3),
     TypeError, "limits is 3; wanted ((low"),
    ("a layer that there is not", lambda w: plots.hidden_units(w.model, layer=5),
     ValueError, "layer is 5", "from 1 to 2"),
    ("curves of a number", lambda w: plots.learning_curves(3), TypeError, "the history is 3", "what fit returns"),
    ("bars of no width", lambda w: plots.weight_histograms(w.model, bins=0), ValueError, "bins is 0; wanted an int"),
    ("sizes by no loss", lambda w: plots.gradient_sizes(w.model, w.inputs, w.targets, loss=3),
     TypeError, "loss is 3", "nn.losses"),
    ("a descent at no rate", lambda w: plots.descent(lambda x: x * x, 1.0, []),
     ValueError, "rates is []; wanted a list"),
    ("a path of a number", lambda w: plots.path(3, [1.0], SGD), TypeError, "function is 3, an int; wanted a function"),
    ("paths without names", lambda w: plots.paths_on_contour(total, [(0.0, 0.0)]), ValueError, "wanted paths by name"),
    ("an activation that there is not", lambda w: plots.activations("rleu"), ValueError, "did you mean 'relu'?"),
    ("a loss that there is not", lambda w: plots.loss_curves(["hing"]), ValueError, "did you mean 'hinge'?"),
    ("errors of one number", lambda w: plots.error_vectors([[1.0, 2.0]], [[1.0]]), ValueError, "of two numbers"),
    ("predictions too few", lambda w: plots.predictions([1.0], [1.0, 2.0]), ValueError, "1 predictions and 2 targets"),
    ("an image that is no square", lambda w: plots.digits([[1.0] * 3]),
     ValueError, "3 pixels are no square; say shape="),
    ("images in no columns", lambda w: plots.digits([[1.0] * 4], columns=0), ValueError, "columns is 0; wanted an int"),
    ("decisions that are names", lambda w: plots.confusion_matrix(["a"], [0]),
     TypeError, "a class is 'a'", "its number"),
    ("lines of a number", lambda w: plots.perceptron_lines(3, w.inputs, [1] * 4),
     TypeError, "the record is 3", "Perceptron.learn"),
    ("snapshots that are none", lambda w: plots.animated_training(w.model, 3, w.inputs, w.targets),
     TypeError, "nn.plots.Snapshots()"),
    ("an animation that is none", lambda w: plots.save(3, "x.gif"),
     TypeError, "the animation is 3", "animated_training"),
]

# fmt: on

TABLES = {
    "values": VALUES,
    "derivatives": DERIVATIVES,
    "tapes": TAPES,
    "pictures": PICTURES,
    "commands": COMMANDS,
    "modules": MODULES,
    "training": TRAINING,
    "data and files": DATA_AND_FILES,
    "smaller": SMALLER,
}


@pytest.mark.parametrize(
    ("call", "error", "pieces"),
    [
        pytest.param(call, error, pieces, id=f"{table}: {name}")
        for table, rows in TABLES.items()
        for name, call, error, *pieces in rows
    ],
)
def test_a_wrong_call_says_what_came_and_what_to_do_and_changes_nothing(w, call, error, pieces):
    before = snapshot(w)
    with pytest.raises(error) as raised:
        call(w)
    assert snapshot(w) == before
    text = " ".join([str(raised.value), *getattr(raised.value, "__notes__", ())])
    assert [piece for piece in pieces if piece not in text] == [], text
    assert len(text) <= LONGEST, text
    assert not re.search(
        r"\b_[a-z]\w*|\b_[A-Z]\w*|object at 0x", text.replace("__import__", "").replace("__call__", "")
    ), text
    if error not in {CommandRefusedError, GradientError}:  # an expression is shown with a caret, a check as a table
        assert "\n" not in text


def test_the_table_has_calls_of_every_kind_and_no_name_twice():
    names = [f"{table}: {row[0]}" for table, rows in TABLES.items() for row in rows]
    assert len(set(names)) == len(names) >= 150
