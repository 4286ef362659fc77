"""Penalties by themselves; what they do to training is in test_training.py."""

import math

import pytest

from autograd import Value
from nn import MLP
from nn.penalties import l1, l2


def test_their_values_and_derivatives_by_hand():
    # 0.5 / 2 (9 + 1 + 0) = 2.5, derivatives 0.5 p; 0.5 (3 + 1 + 0) = 2, derivatives 0.5 sign p, none at 0.
    for penalty, value, derivatives in ((l2(0.5), 2.5, [1.5, -0.5, 0.0]), (l1(0.5), 2.0, [0.5, -0.5, 0.0])):
        parameters = [Value(3.0), Value(-1.0), Value(0.0)]
        found = penalty(parameters)
        found.backward()
        assert found.data == value
        assert [p.grad for p in parameters] == derivatives


def test_a_penalty_of_the_weights_alone_leaves_the_biases():
    model = MLP(2, [3, 1], "tanh", seed=0)
    weights = [p for name, p in model.named_parameters() if not name.endswith("b")]
    for penalty, derivative in ((l2(0.5, of=weights), lambda x: 0.5 * x), (l1(0.5, of=weights), lambda _: 0.5)):
        model.zero_grad()
        penalty(model.parameters()).backward()
        assert len(weights) == 9
        assert [abs(p.grad) for p in weights] == [abs(derivative(p.data)) for p in weights]
        assert sum(p.grad != 0.0 for p in model.parameters()) == 9


def test_a_value_that_comes_twice_is_penalised_once():
    w = Value(3.0)
    assert l2(1.0, of=[w, w])([]).data == 4.5
    assert l1(1.0, of=(w, w))([]).data == 3.0


@pytest.mark.parametrize("penalty", [l1, l2])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1.0,), ValueError, "is -1.0; wanted a finite number, 0 or more, as in"),
        ((math.inf,), ValueError, "is inf; wanted a finite number, 0 or more"),
        (("0.1",), TypeError, "is '0.1', a str; wanted a finite number, 0 or more"),
        ((0.1, []), ValueError, "was given no parameters"),
        ((0.1, ["w"]), TypeError, "penalises Values, not str: 'w'"),
        ((0.1, 3.0), TypeError, "penalises Values, not float: 3.0"),
    ],
)
def test_a_penalty_says_what_it_wants(penalty, arguments, error, message):
    with pytest.raises(error) as caught:
        penalty(*arguments)
    assert message in str(caught.value)
