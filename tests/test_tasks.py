"""From data sets to outputs, losses and decisions, and back."""

import json
import math

import pytest

from autograd import Value
from nn import MLP, losses
from nn.data import iris, load
from nn.datasets import DataError, Dataset, Scaling
from nn.tasks import Task

TWO = Dataset("two", [[0.0, 5.0], [2.0, 5.0]], [0, 1], ("a", "b"), ("no", "yes"), "k")
THREE = Dataset("three", [[0.0], [2.0], [4.0]], [0, 1, 2], ("a",), ("x", "y", "z"), "k")
NUMBER = Dataset("number", [[1.0], [3.0]], [10.0, 30.0], ("a",), (), "t")


def test_each_kind_of_problem_has_its_outputs_and_loss():
    assert (Task.of(TWO).n_outputs, Task.of(TWO).loss) == (1, losses.binary_cross_entropy_with_logits)
    assert (Task.of(THREE).n_outputs, Task.of(THREE).loss) == (3, losses.cross_entropy)
    assert (Task.of(NUMBER).n_outputs, Task.of(NUMBER).loss) == (1, losses.squared_error)


def test_examples_are_standardised_inputs_and_targets():
    assert Task.of(TWO).examples(TWO) == ([[-1.0, 0.0], [1.0, 0.0]], [0, 1])
    assert Task.of(NUMBER).examples(NUMBER) == ([[-1.0], [1.0]], [-1.0, 1.0])


def test_inputs_in_one_unit_are_scaled_alike():
    digits = load("digits").take(range(100))
    scaling = Task.of(digits).inputs
    assert (len(set(scaling.means)), len(set(scaling.scales))) == (1, 1)
    assert scaling == Scaling.fit(digits.inputs, shared=True)
    assert len(set(Task.of(iris()).inputs.means)) == 4


def test_decisions_and_how_sure_they_are():
    two, three, number = Task.of(TWO), Task.of(THREE), Task.of(NUMBER)
    assert [two.decide(Value(z)) for z in (-3.0, 0.0, 1e-9, 800.0)] == [0, 0, 1, 1]
    assert two.probability(Value(math.log(3.0))) == two.probability(Value(-math.log(3.0))) == pytest.approx(0.75)
    logits = [Value(math.log(x)) for x in (1.0, 5.0, 4.0)]
    assert three.decide(logits) == 1
    assert three.probability(logits) == pytest.approx(0.5)
    assert three.decide([Value(1.0)] * 3) == 0
    assert number.decide(Value(0.5)) == 25.0  # mean 20, scale 10


def test_predictions_take_raw_rows():
    model = MLP(1, [1], init=lambda *_: 2.0)
    outputs = Task.of(NUMBER).predict(model, [[1.0], [3.0], [5.0]])
    assert [y.data for y in outputs] == [-2.0, 2.0, 6.0]
    assert outputs[0].parents == ()


@pytest.mark.parametrize("dataset", [TWO, THREE, NUMBER], ids=repr)
def test_a_task_goes_through_json_and_back(dataset):
    task = Task.of(dataset)
    assert Task.from_dict(json.loads(json.dumps(task.to_dict()))) == task


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"inputs": ...}, KeyError, "'inputs'"),
        ({"input_names": "ab"}, TypeError, "'ab' is no list of names"),
        ({"class_names": [1, 2]}, TypeError, "[1, 2] is no list of names"),
        ({"class_names": ["only"]}, ValueError, "a single class; wanted two or more, or none for regression"),
        ({"input_names": ["a"]}, ValueError, "1 input name and 2 scalings; wanted one for each"),
        ({"input_names": [], "inputs": {"means": [], "scales": []}}, ValueError, "0 input names and 0 scalings"),
        ({"target": {"means": [0.0, 1.0], "scales": [1.0, 1.0]}}, ValueError, "2 scalings of the target; wanted one"),
        ({"inputs": {"means": [0.0, 0.0], "scales": [1.0, -1.0]}}, ValueError, "means [0.0, 0.0], scales [1.0, -1.0]"),
        ({"inputs": {"means": [0.0, "0"], "scales": [1.0, 1.0]}}, TypeError, "must be real number, not str"),
        ({"inputs": {"mean": 0.0}}, TypeError, "Scaling.__init__() got an unexpected keyword argument 'mean'"),
        ({"inputs": 3}, TypeError, "nn.datasets.Scaling() argument after ** must be a mapping, not int"),
    ],
)
def test_what_is_no_task_is_refused(change, error, message):
    about = {name: x for name, x in (Task.of(TWO).to_dict() | change).items() if x is not ...}
    with pytest.raises(error) as caught:
        Task.from_dict(about)
    assert str(caught.value).startswith(message)


def test_a_network_of_other_widths_is_refused():
    Task.of(THREE).require(MLP(1, [3]))
    with pytest.raises(ValueError, match=r"^MLP\(2 -> 3 linear, 9 parameters\) for 1 input and 3 outputs$"):
        Task.of(THREE).require(MLP(2, [3]))


def test_a_row_that_the_scaling_or_the_network_cannot_take_is_named():
    narrow = Task(("a",), (), Scaling([0.0], [1e-10]))
    with pytest.raises(DataError, match=r"^row 2, column 'a': 1e\+300; wanted a number that is nearer to those of the"):
        narrow.predict(MLP(1, [1]), [[0.0], [1e300]])
    large = MLP(1, [1, 1], "sin", init=lambda *_: 1e200)
    with pytest.raises(FloatingPointError, match=r"^row 2: the network's output is not finite; check its inputs$"):
        Task(("a",), (), Scaling([0.0], [1.0])).predict(large, [[0.0], [1e200]])
