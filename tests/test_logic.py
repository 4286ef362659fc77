"""Gates of hand-set neurons against Python's own logic, on every row of every truth table of up to three inputs."""

from itertools import product

import pytest

from nn import MLP, Neuron, load, save
from nn.logic import and_gate, from_truth_table, minterm, not_gate, or_gate, xor_gate
from nn.separability import certificate


def rows(n):
    return list(product((0, 1), repeat=n))


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize(("gate", "meaning"), [(and_gate, all), (or_gate, any)])
def test_and_and_or_are_one_neuron(n, gate, meaning):
    neuron = gate(n)
    assert type(neuron) is Neuron
    assert [neuron(row).data for row in rows(n)] == [float(meaning(row)) for row in rows(n)]


def test_the_weights_are_those_of_the_lectures():
    gates = {"and": and_gate(), "or": or_gate(), "not": not_gate()}
    found = {name: [*(w.data for w in gate.w), gate.b.data] for name, gate in gates.items()}
    assert found == {"and": [1.0, 1.0, -1.5], "or": [1.0, 1.0, -0.5], "not": [-1.0, 0.5]}


def test_not_is_one_neuron():
    assert [not_gate()([x]).data for x in (0, 1)] == [1.0, 0.0]


def test_rows_lie_half_a_unit_from_the_line():
    for n in (1, 2, 3):
        for gate in (and_gate(n), or_gate(n), *map(minterm, rows(n))):
            sums = [sum(w.data * x for w, x in zip(gate.w, row, strict=True)) + gate.b.data for row in rows(n)]
            assert min(map(abs, sums)) == 0.5


def test_xor_is_composed_of_neurons():
    both, either, no = and_gate(), or_gate(), not_gate()
    for row in rows(2):
        assert both([either(row), no([both(row)])]).data == xor_gate()(row).data == float(row[0] != row[1])


def test_no_single_neuron_is_xor():
    assert certificate(rows(2), [-1, 1, 1, -1]) is not None


@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_truth_table_is_two_layers(n):
    for outputs in product((0, 1), repeat=2**n):
        network = from_truth_table(outputs)
        assert tuple(network(row).data for row in rows(n)) == outputs
        assert len(network.layers[0].neurons) == max(1, sum(outputs))


def test_a_table_is_a_dict_in_any_order_or_a_list():
    table = {(1, 1): 0, (0, 1): True, (0, 0): 0, (1, 0): 1.0}
    assert from_truth_table(table).state_dict() == from_truth_table([0, 1, 1, 0]).state_dict()
    assert isinstance(from_truth_table(table), MLP)


def test_a_network_of_logic_is_saved_like_any_other(tmp_path):
    save(xor_gate(), tmp_path / "xor.json")
    network = load(tmp_path / "xor.json")
    assert [network(row).data for row in rows(2)] == [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: and_gate(0), ValueError, "n_inputs is 0; wanted a whole number of at least 1"),
        (lambda: or_gate(2.0), TypeError, "n_inputs is 2.0, a float; wanted a whole number"),
        (lambda: minterm([]), ValueError, "the row is (); wanted zeros and ones"),
        (lambda: minterm([0, 2]), ValueError, "the row is (0, 2); wanted zeros and ones, such as (0, 1)"),
        (lambda: from_truth_table([0, 1, 1]), ValueError, "the table has 3 outputs; wanted 2, 4, 8, ..., one for each"),
        (lambda: from_truth_table([1]), ValueError, "the table has 1 output; wanted 2, 4, 8"),
        (lambda: from_truth_table([0, 1, 1, -1]), ValueError, "the table of outputs is (0, 1, 1, -1); wanted zeros"),
        (lambda: from_truth_table({}), ValueError, "the column of outputs is (); wanted zeros and ones"),
        (
            lambda: from_truth_table({(0,): 0, (1,): 2}),
            ValueError,
            "the column of outputs is (0, 2); wanted zeros and ones",
        ),
        (lambda: from_truth_table({0: 0, 1: 1}), TypeError, "a row of the table is 0, an int; wanted zeros and ones"),
        (lambda: from_truth_table("0110"), TypeError, "the table of outputs is '0110', a str; wanted zeros and ones"),
        (lambda: from_truth_table(6), TypeError, "the table of outputs is 6, an int; wanted zeros and ones"),
        (
            lambda: from_truth_table({(0, 0): 0, (1, 1): 1}),
            ValueError,
            "the table has 2 of the 4 rows of 2 inputs; missing (0, 1), (1, 0)",
        ),
        (
            lambda: from_truth_table({(0,): 0, (1,): 1, (1, 1): 1}),
            ValueError,
            "the table has rows of 1 and of 2 inputs: (1, 1)",
        ),
    ],
)
def test_a_table_that_cannot_be_is_refused(build, error, message):
    with pytest.raises(error) as caught:
        build()
    assert str(caught.value).startswith(message)


def test_a_gate_refuses_another_number_of_inputs():
    with pytest.raises(ValueError, match="takes 2 numbers, got 3"):
        and_gate()([1, 1, 1])
