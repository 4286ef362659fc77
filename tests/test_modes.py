"""`no_grad` and `detect_anomaly`: what they change, what they say, and that they end where they should."""

import asyncio
import contextvars
import functools
import itertools
import linecache
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan

import pytest

from autograd import (
    Value,
    absolute,
    detect_anomaly,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    hypot,
    jacobian,
    jvp,
    logsumexp,
    no_grad,
    power,
    primitives,
    relu,
    softmax,
    total,
    value_and_grad,
    vjp,
)
from autograd.activations import elu, leaky_relu, step
from autograd.graph import topological_order
from autograd.modes import current, mode_with
from nn import MLP


def line(offset=0):
    """`file:line` of the caller, some lines further down."""
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


def records():
    """Whether operations record their parents just now."""
    return (Value(1.0) * 2).parents != ()


def detects():
    """Whether an overflow is an error just now."""
    try:
        Value(1e308) * 10
    except FloatingPointError:
        return True
    return False


# --- beginning and ending -------------------------------------------------------------------------------------------


def test_outside_everything_is_recorded_and_nothing_looked_for():
    assert (records(), detects()) == (True, False)
    assert current() is None


def test_modes_nest_and_each_ends_with_its_own_block():
    with no_grad():
        assert (records(), detects()) == (False, False)
        with no_grad():
            assert (records(), detects()) == (False, False)
        assert (records(), detects()) == (False, False)
        with detect_anomaly():
            assert (records(), detects()) == (False, True)
        assert (records(), detects()) == (False, False)
    with detect_anomaly():
        assert (records(), detects()) == (True, True)
        with no_grad():
            assert (records(), detects()) == (False, True)
        assert (records(), detects()) == (True, True)
    assert (records(), detects()) == (True, False)


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, StopIteration, GeneratorExit])
def test_a_mode_ends_when_an_exception_leaves_its_block(mode, error):
    """Guards against no_grad that stays on after an exception."""
    with pytest.raises(error), mode():
        raise error
    assert (records(), detects()) == (True, False)


def test_an_exception_ends_only_the_blocks_that_it_leaves():
    with no_grad():
        with pytest.raises(ZeroDivisionError), detect_anomaly():
            1 / Value(0.0)
        assert (records(), detects()) == (False, False)
    assert (records(), detects()) == (True, False)


def test_a_return_ends_a_mode():
    def inside():
        with no_grad():
            return records()

    assert inside() is False
    assert records()


def test_an_anomaly_ends_its_own_mode():
    with pytest.raises(FloatingPointError), detect_anomaly():
        Value(1e308) * 10
    assert not detects()


@pytest.mark.parametrize(("mode", "expected"), [(no_grad, (False, False)), (detect_anomaly, (True, True))])
def test_a_mode_decorates_a_function(mode, expected):
    @mode()
    def decorated(error=None):
        """Say what holds inside."""
        if error:
            raise error
        return records(), detects()

    for _ in range(2):
        assert decorated() == expected
        assert (records(), detects()) == (True, False)
    with pytest.raises(LookupError):
        decorated(error=LookupError)
    assert (records(), detects()) == (True, False)
    assert decorated.__name__ == "decorated"
    assert decorated.__doc__ == "Say what holds inside."


def test_a_decorated_function_may_call_itself():
    @no_grad()
    def countdown(n):
        assert not records()
        return n if n == 0 else countdown(n - 1)

    assert countdown(5) == 0
    assert records()


def inside(mode, n=2):
    with mode():
        yield from range(n)


BLOCKS = {no_grad: (False, False), detect_anomaly: (True, True)}


@pytest.mark.parametrize(("early", "late"), [(no_grad, detect_anomaly), (detect_anomaly, no_grad), (no_grad, no_grad)])
def test_of_blocks_that_end_in_the_order_in_which_they_began_each_takes_its_own_changes_away(early, late):
    with early():
        items = inside(late)
        next(items)
    assert (records(), detects()) == BLOCKS[late]
    items.close()
    assert (records(), detects()) == (True, False)
    assert current() is None


def test_generators_that_end_in_any_order_leave_what_the_open_ones_say():
    makers = [no_grad, detect_anomaly, no_grad]
    for order in itertools.permutations(range(3)):
        opened = {k: inside(maker) for k, maker in enumerate(makers)}
        for items in opened.values():
            next(items)
        for k in order:
            opened.pop(k).close()
            left = {makers[other] for other in opened}
            assert (records(), detects()) == (no_grad not in left, detect_anomaly in left)
    assert current() is None


def test_the_block_that_began_last_decides_whichever_ended_meanwhile():
    def recording():
        with mode_with(records=True):
            yield

    outer, inner = inside(no_grad), recording()
    next(outer)
    next(inner)
    assert records()
    with no_grad():
        inner.close()
        assert not records()
    assert not records()
    outer.close()
    assert records()


def test_around_a_yield_the_consumer_is_inside_and_between_blocks_it_is_not():
    def inward():
        for _ in range(2):
            with no_grad():
                y = Value(1.0) * 2
            yield y

    assert [records() for _ in inside(no_grad)] == [False, False]
    assert [(records(), y.parents) for y in inward()] == [(True, ())] * 2


def test_a_generator_that_ends_in_another_thread_changes_nothing_there():
    items = inside(detect_anomaly)
    contextvars.Context().run(next, items)

    def end():
        with no_grad():
            items.close()
            return records(), detects()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(end).result() == (False, False)
    assert current() is None


# --- threads and tasks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly])
def test_a_mode_does_not_reach_other_threads(mode):
    with mode(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: (records(), detects())).result() == (True, False)


def test_threads_that_run_at_once_keep_their_own_modes():
    barrier, seen = threading.Barrier(3, timeout=10), {}

    def work(name, mode):
        with mode():
            barrier.wait()  # all are inside now
            seen[name] = (records(), detects())
            barrier.wait()
        seen[name, "after"] = (records(), detects())

    threads = [threading.Thread(target=work, args=(mode.__name__, mode)) for mode in (no_grad, detect_anomaly)]
    for thread in threads:
        thread.start()
    barrier.wait()
    seen["main"] = (records(), detects())
    barrier.wait()
    for thread in threads:
        thread.join()
    assert seen == {
        "no_grad": (False, False),
        "detect_anomaly": (True, True),
        "main": (True, False),
        ("no_grad", "after"): (True, False),
        ("detect_anomaly", "after"): (True, False),
    }


def test_tasks_that_take_turns_keep_their_own_modes():
    async def work(mode, seen):
        with mode():
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append((records(), detects()))
        await asyncio.sleep(0)
        seen.append((records(), detects()))

    async def plain(seen):
        for _ in range(4):
            await asyncio.sleep(0)
            seen.append((records(), detects()))

    async def main():
        seen = [], [], []
        await asyncio.gather(work(no_grad, seen[0]), work(detect_anomaly, seen[1]), plain(seen[2]))
        assert (records(), detects()) == (True, False)
        return seen

    recorded, looked, ordinary = asyncio.run(main())
    assert recorded == [(False, False)] * 3 + [(True, False)]
    assert looked == [(True, True)] * 3 + [(True, False)]
    assert ordinary == [(True, False)] * 4


# --- no_grad --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda x: x * x, 9.0),
        (lambda x: 2 - x, -1.0),
        (lambda x: -x, -3.0),
        (lambda x: x.exp(), 20.085536923187668),
        (lambda x: exp(x), 20.085536923187668),  # noqa: PLW0108 (to stand beside the others)
        (lambda x: abs(-x), 3.0),
        (lambda x: hypot(x, 4.0), 5.0),
        (lambda x: dot([x, 1.0], [2.0, x], bias=x), 12.0),
        (lambda x: dot([x], [x], x), 12.0),
        (lambda x: total([x, x]), 6.0),
        (lambda x: logsumexp([x]), 3.0),
        (lambda x: softmax([x, x])[0], 0.5),
        (lambda x: leaky_relu(-x, slope=0.5), -1.5),
    ],
)
def test_without_recording_results_have_their_numbers_and_no_parents(call, value):
    x = Value(3.0)
    with no_grad():
        y = call(x)
    assert type(y) is Value
    assert y.data == pytest.approx(value, rel=1e-15)
    assert type(y.data) is float
    assert (y.parents, y.local_derivatives, y.primitive, y.grad, y.label) == ((), (), None, 0.0, "")
    y.backward()
    assert (x.grad, y.grad) == (0.0, 1.0)


def test_what_was_computed_without_recording_is_a_constant_of_later_graphs():
    # y = x * stop(x): dy/dx = x = 3, not 2 x.
    x = Value(3.0)
    with no_grad():
        stopped = x * 1
    y = x * stopped
    y.backward()
    assert (x.grad, stopped.grad) == (3.0, 3.0)


def test_a_graph_that_was_recorded_before_can_be_differentiated_without_recording():
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
        assert gradients(y, x) == 6.0
    assert x.grad == 6.0


def test_errors_are_explained_without_recording_too():
    with no_grad(), pytest.raises(ValueError, match="domain") as caught:
        Value(0.0, "rate").log()
    assert "rate=0.0" in caught.value.__notes__[0]


# --- anomalies, forward ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Value(1e308, "huge") * 10, ["multiply", "huge=1e+308", "10.0", "inf"]),
        (lambda: 10 * Value(1e308, "huge"), ["multiply", "huge=1e+308", "10.0", "inf"]),
        (lambda: Value(1e308, "a") + Value(1e308, "b"), ["add", "a=1e+308", "b=1e+308", "inf"]),
        (lambda: Value(inf) - inf, ["subtract", "inf", "nan"]),
        (lambda: Value(nan, "x").exp(), ["exp", "x=nan"]),
        (lambda: exp(Value(nan, "x")), ["exp", "x=nan"]),
        (lambda: total([Value(1.0), Value(inf, "t")]), ["total", "t=inf", "inf"]),
        (lambda: dot([Value(1e200, "w")], [1e200]), ["dot", "w=1e+200", "inf"]),
        (lambda: dot([Value(1e200, "w")], [Value(1e200)], Value(0.0)), ["dot", "w=1e+200", "inf"]),
        (lambda: softmax([Value(nan, "z"), 1.0]), ["z=nan", "nan"]),
        (lambda: Value(0.0, "zero").sqrt(), ["sqrt", "zero=0.0", "inf", "derivative"]),
        (lambda: Value(0.0, "zero") ** 0.5, ["power", "zero=0.0", "0.5", "inf", "derivative"]),
        (lambda: Value(-2.0, "base") ** Value(2.0, "exponent"), ["power", "exponent=2.0", "nan", "derivative"]),
        (lambda: Value(1.0, "edge").acos(), ["acos", "edge=1.0", "-inf", "derivative"]),
    ],
)
def test_the_first_anomaly_forward_names_the_operation_its_operands_and_the_line(call, said):
    with detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        call()
    message = str(caught.value)
    assert all(part in message for part in said), message
    # The call is written in this file, where the lambda stands.
    assert f"{__file__}:{call.__code__.co_firstlineno}" in message


def test_the_line_is_the_one_that_made_the_node():
    with detect_anomaly():
        h = Value(1e200) * 1e100
        with pytest.raises(FloatingPointError, match=re.escape(line(+1))):
            h = h * 1e100


def test_in_a_notebook_the_line_is_said_itself_as_the_cell_s_file_is_a_made_up_one():
    file, source = "/tmp/ipykernel_1234/5678.py", "x = 1e308\ny = Value(x) * 10\n"  # noqa: S108 (no file is made)
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file  # as IPython does
    try:
        with (
            detect_anomaly(),
            pytest.raises(FloatingPointError, match=r"at line 2 of a cell \(`y = Value\(x\) \* 10`\)$"),
        ):
            exec(compile(source, file, "exec"), {"Value": Value})  # noqa: S102
    finally:
        del linecache.cache[file]


def test_the_line_is_the_user_s_own_however_deep_in_the_packages_the_node_was_made():
    model = MLP(2, [3, 1], seed=0)
    model.layers[0].neurons[1].w[0].data = 1e308
    with detect_anomaly(), pytest.raises(FloatingPointError, match=re.escape(line(+1))) as caught:
        model([100.0, 1.0])
    assert "dot" in str(caught.value)


def test_what_is_finite_is_left_alone():
    with detect_anomaly():
        x = Value(1e154)
        y = (x * x) / x - x.log() + dot([x], [1e-300]) + softmax([x, -1e308])[0] + relu(-x) + step(x)
        y.backward()
    # d/dx (x - ln x + 1e-300 x + ...) is 1 - 1e-154 + 1e-300.
    assert x.grad == pytest.approx(1.0, rel=1e-15)


def test_a_variable_may_hold_anything_until_it_is_used():
    with detect_anomaly():
        x = Value(nan, "x")
        x.data = inf
        with pytest.raises(FloatingPointError, match="x=inf"):
            x + 1


def test_an_infinity_that_leads_to_a_finite_number_again_is_found_where_it_arises():
    x = Value(1e308)
    assert (1 / (x * 10)).data == 0.0
    with detect_anomaly(), pytest.raises(FloatingPointError, match="multiply"):
        1 / (x * 10)


def test_derivatives_towards_plain_numbers_do_not_count():
    # d(a**b)/db at a = -2 is nan, but nobody differentiates with respect to the exponent 2.
    x = Value(-2.0)
    with detect_anomaly():
        for y in (x**2, power(x, 2), power(x, 2.0), power(x, b=2)):
            x.grad = 0.0
            y.backward()
            assert (y.data, x.grad) == (4.0, -4.0)
        assert gradients(x**3, x) == 12.0
        (0 ** Value(2.0)).backward()


def test_a_base_that_is_a_plain_number_does_not_excuse_the_exponent():
    with detect_anomaly(), pytest.raises(FloatingPointError, match="nan"):
        (-2) ** Value(2.0, "n")


ONE_OPERAND = [p for p in vars(primitives).values() if hasattr(p, "rule") and len(p.operands) == 1 and not p.n_groups]


@pytest.mark.parametrize(
    "function",
    [
        *ONE_OPERAND,
        *(relu, step, leaky_relu, elu),
        lambda x: elu(-x),
        lambda x: relu(-x),
        lambda x: x**3,
        lambda x: 3**x,
        lambda x: x**0.5,
        lambda x: 1 / x,
        lambda x: x / (x + 1),
        lambda x: hypot(x, 2.0),
        lambda x: logsumexp([x, 1.0]),
        lambda x: softmax([x, 0.0])[0],
        lambda x: dot([x], [x], x),
        lambda x: absolute(x - 3),
    ],
)
def test_second_derivatives_that_are_finite_raise_nothing(function):
    """The rules run again over Values then, and the branches that are not taken are nobody's business."""
    with detect_anomaly():
        x = Value(1.5 if function is primitives.acosh else 0.6)
        slope = gradients(function(x), x, create_graph=True)
        gradients(slope, x)


# --- anomalies, backward --------------------------------------------------------------------------------------------


def overflowing():
    """y = 1e200 (1e200 x) at x = 1e-300: finite all the way, but dy/dx = 1e400. With the line that makes `small`."""
    x = Value(1e-300, "x")
    small, made_at = x * 1.0, line()
    small.label = "small"
    middle = small * 1e200
    return x, small, middle, middle * 1e200, made_at


def grads(node):
    return [n.grad for n in topological_order(node)]


def test_the_first_anomaly_backward_names_the_node_and_the_line_that_made_it():
    with detect_anomaly():
        _, _, _, y, made_at = overflowing()
        with pytest.raises(FloatingPointError) as caught:
            y.backward()
    message = str(caught.value)
    assert "backward" in message
    assert "small=1e-300" in message
    assert "x=" not in message
    assert "inf" in message
    assert made_at in message


def test_nothing_is_half_written_when_backward_raises():
    for inside in (True, False):
        if inside:
            with detect_anomaly():
                y = overflowing()[-2]
        else:
            y = overflowing()[-2]
        for k, node in enumerate(topological_order(y)):
            node.grad = float(k)
        before = grads(y)
        with detect_anomaly(), pytest.raises(FloatingPointError):
            y.backward()
        assert grads(y) == before


def test_a_graph_made_outside_is_looked_at_too_and_the_message_says_how_to_see_the_line():
    _, _, _, y, _ = overflowing()
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"small.*outside.*inside"):
        y.backward()
    y.backward()
    assert y.parents[0].grad == 1e200


def test_a_variable_made_inside_is_not_said_to_be_made_outside():
    with detect_anomaly():
        x, made_at = Value(1e-300, "x"), line()
        y = (x * 1e200) * 1e200
        with pytest.raises(FloatingPointError, match="x=1e-300") as caught:
            y.backward()
    assert "outside" not in str(caught.value)
    assert made_at in str(caught.value)


@pytest.mark.parametrize("seed", [nan, inf, -inf])
def test_an_infinite_or_nan_seed_is_found_at_the_output(seed):
    x = Value(3.0)
    with detect_anomaly():
        y = x * x
        y.label = "y"
        with pytest.raises(FloatingPointError, match=f"y=9.0.*{seed!r}"):
            y.backward(seed)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_zero_times_infinity_backward_is_found():
    x = Value(0.0, "x")
    y = x.sqrt() * 0.0
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"x=0\.0.*nan"):
        y.backward()


def test_derivatives_towards_plain_numbers_do_not_count_backward():
    x = Value(-2.0)
    y = x**2
    with detect_anomaly():
        y.backward()
    assert x.grad == -4.0


def test_backward_inside_gives_the_same_gradients_as_outside():
    results = []
    for _ in range(2):
        x = Value(0.3)
        y = softmax([x, x * x, 1.0])[1] * hypot(x, 2.0) + (x - 1) ** 3
        y.backward()
        y.backward()
        results.append(grads(y))
        with detect_anomaly():
            for node in topological_order(y):
                node.grad = 0.0
            y.backward()
            y.backward()
            results.append(grads(y))
    assert len(set(map(repr, results))) == 1  # repr: towards the exponent 3 there is nan, which is not equal to itself


def steep(x):
    """Finite all the way at 1e-300; its slope is 1e400."""
    return (x * 1e200) * 1e200


WAYS = {
    "backward": lambda: steep(Value(1e-300)).backward(),
    "gradients": lambda: gradients(steep(x := Value(1e-300)), x),
    "gradients of gradients": lambda: gradients(steep(x := Value(1e-300)), x, create_graph=True),
    "grad": lambda: grad(steep)(1e-300),
    "grad of grad": lambda: grad(grad(steep))(1e-300),
    "value_and_grad": lambda: value_and_grad(steep)(1e-300),
    "vjp": lambda: vjp(steep, 1e-300)[1](1.0),
    "jvp": lambda: jvp(steep, (1e-300,), (1.0,)),
    "hvp": lambda: hvp(steep, (1e-300,), (1.0,)),
    "hessian": lambda: hessian(steep)(1e-300),
    "jacobian forward": lambda: jacobian(steep, mode="forward")(1e-300),
    "jacobian reverse": lambda: jacobian(steep, mode="reverse")(1e-300),
    "jacobian auto": lambda: jacobian(steep)(1e-300),
    "jacobian auto, wide": lambda: jacobian(lambda v: steep(v[0]) + v[1])([1e-300, 1.0]),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_infinite_slope_is_found_in_every_way_to_it(way):
    with detect_anomaly(), pytest.raises(FloatingPointError, match="inf"):
        WAYS[way]()
    WAYS[way]()


def backward(function):
    return lambda x: function(Value(x)).backward()


@pytest.mark.parametrize(
    ("way", "what"),
    [(backward, "backward: the adjoint"), (grad, "backward: the adjoint"), (jacobian, "forward: the tangent")],
)
def test_the_message_of_a_transform_names_the_node_and_the_line_that_made_it(way, what):
    with detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        way(steep)(1e-300)
    at = f"{__file__}:{steep.__code__.co_firstlineno + 2}"
    found = "1e+100" if what.startswith("forward") else "1e-300"  # the last product forward, the input backward
    assert re.match(rf"{what} of the (variable|multiply) {re.escape(found)} is inf; it was made at", str(caught.value))
    assert (at in str(caught.value)) == what.startswith("forward")


def test_adjoints_of_what_nobody_asks_for_do_not_count():
    with detect_anomaly():
        x, base = Value(3.0), Value(-2.0)
        y = steep(Value(1e-300)) * x + base**2
        # Towards the small number there is 3e400, and towards the exponent 2 nan: neither is asked for.
        assert gradients(y, [x, base]) == pytest.approx([1e100, -4.0])
        assert grad(lambda z: z**2)(-2.0) == -4.0
        assert jacobian(lambda v: [v[0] ** 2, v[1] ** 3])([-2.0, -1.0]) == [[-4.0, 0.0], [0.0, 3.0]]


def test_no_grad_decorates_without_parentheses_too():
    @no_grad
    def double(x):
        return x * 2

    assert double(Value(3.0)).parents == ()
    assert (Value(3.0) * 2).parents


class Generating:
    def __call__(self):
        yield records()


def items_of(n):
    yield n


async def later():
    return records()


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (items_of, "items_of"),
        (later, "later"),
        (functools.partial(items_of, 1), "items_of"),
        (functools.partial(functools.partial(items_of), 1), "items_of"),
        (Generating(), "Generating"),
        (Generating().__call__, "__call__"),
    ],
)
def test_no_grad_refuses_to_decorate_what_runs_later_and_does_not_advise_a_yield_inside(function, name):
    with pytest.raises(TypeError, match=rf"no effect on .*{name}.*runs later.*with no yield inside"):
        no_grad(function)


def test_no_grad_decorates_partial_and_callable_objects():
    assert no_grad(functools.partial(lambda x: (x * 2).parents, Value(3.0)))() == ()
    assert no_grad(MLP(1, [1], seed=0))([1.0]).parents == ()
