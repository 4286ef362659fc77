"""Modules: what counts as a parameter, names, modes, and states that are loaded whole or not at all."""

import copy
import math
import pickle

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Module


class Holder(Module):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_parameters_are_found_in_lists_tuples_dicts_and_modules_in_the_order_of_definition():
    inner = Holder(gain=Value(1.0))
    module = Holder(
        z=Value(1.0), rows=[[Value(1.0)], (Value(2.0),)], table={"b": Value(1.0), 2: Value(1.0)}, part=inner
    )
    assert names(module) == ["z", "rows.0.0", "rows.1.0", "table.b", "table.2", "part.gain"]
    assert module.parameters() == [parameter for _, parameter in module.named_parameters()]


def test_what_is_no_value_is_no_parameter():
    assert Holder(a=1.0, b="text", c=None, d=[], e={}, f=math.tanh, g=np.zeros(2)).parameters() == []


def test_a_shared_parameter_counts_once_under_its_first_name():
    shared = Value(2.0)
    module = Holder(a=shared, b=[shared, Value(3.0)], c=Holder(d=shared))
    assert names(module) == ["a", "b.1"]


def test_cycles_end():
    one, other = Holder(w=Value(1.0)), Holder(w=Value(2.0))
    one.other, other.one, one.me = other, one, one
    one.ring = [one]
    one.ring.append(one.ring)
    assert names(one) == ["w", "other.w"]
    assert one.eval() is one
    assert (one.training, other.training) == (False, False)


def test_a_module_may_be_nested_deeper_than_python_recurses():
    module = Holder(w=Value(1.0))
    for _ in range(5000):
        module = Holder(inner=module)
    assert len(module.parameters()) == 1


def test_a_base_class_that_is_not_initialised_does_no_harm():
    class Scale(Module):
        def __init__(self):
            self.factor = Value(3.0)

        def __call__(self, x):
            return self.factor * x

    assert names(Scale()) == ["factor"]
    assert Scale().training is True


def test_zero_grad_clears_every_gradient():
    model = MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(parameter.grad for parameter in model.parameters())
    model.zero_grad()
    assert [parameter.grad for parameter in model.parameters()] == [0.0] * 13


def test_modes_reach_every_part_and_are_no_global_state():
    model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    assert model.eval() is model
    assert not any(neuron.training for layer in model.layers for neuron in layer.neurons)
    assert other.training
    assert model.train().layers[0].neurons[0].training


def test_a_state_moves_from_one_model_to_another():
    model, other = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=1)
    state = model.state_dict()
    assert list(state)[:4] == [f"layers.0.neurons.{k}" for k in ("0.w.0", "0.w.1", "0.b", "1.w.0")]
    assert {type(x) for x in state.values()} == {float}
    other.load_state_dict({name: np.float64(x) for name, x in reversed(state.items())})
    assert other.state_dict() == state
    assert other([0.5, -1.0]).data == model([0.5, -1.0]).data


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"b": None}, TypeError, "the state of b must be a number, not NoneType: None"),
        ({"b": "1"}, TypeError, "the state of b must be a number, not str: '1'"),
        ({"b": True}, TypeError, "the state of b must be a number, not bool: True"),
        ({"b": Value(1.0)}, TypeError, "the state of b must be a number, not Value: Value(data=1.0, grad=0.0)"),
        ({"b": 10**400}, OverflowError, "the state of b is an int beyond the floats"),
        ({"c": 1.0}, ValueError, "the state has 3 numbers, the model 2 parameters: unknown 'c'. Build"),
        ({"a": ...}, ValueError, "the state has 1 number, the model 2 parameters: missing 'a'. Build"),
        ({"a": ..., "A": 1.0}, ValueError, "the state has 2 numbers, the model 2 parameters: missing 'a'; unknown 'A'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    module = Holder(a=Value(1.0), b=Value(2.0))
    state = {name: x for name, x in ({"a": 5.0, "b": 6.0} | change).items() if x is not ...}
    with pytest.raises(error) as caught:
        module.load_state_dict(state)
    assert str(caught.value).startswith(message)
    assert module.state_dict() == {"a": 1.0, "b": 2.0}


def test_two_parameters_of_one_name_are_no_state():
    with pytest.raises(ValueError, match="2 parameters but 1 name; rename"):
        Holder(table={1: Value(1.0), "1": Value(2.0)}).state_dict()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_a_copy_is_a_model_of_its_own(copied):
    model = MLP(2, [3, 1], "tanh", seed=0)
    twin = copied(model)
    assert twin.state_dict() == model.state_dict()
    assert not set(twin.parameters()) & set(model.parameters())
    twin([1.0, 2.0]).backward()
    assert any(parameter.grad for parameter in twin.parameters())
    assert not any(parameter.grad for parameter in model.parameters())
