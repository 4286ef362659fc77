"""Drawings of networks and of large graphs: groups, what is collapsed and what is said of it, one unit up close."""

import random

import pytest

from autograd import Value, draw, softmax, tanh, total
from autograd.graph import topological_order
from autograd.grouping import groups_of
from nn import MLP, Convolution, Layer, Module, Neuron, Recurrent, losses

pytest.importorskip("graphviz")


def lines(drawing):
    """The text without the numbers of parameters and operations that are in a box."""
    return [line.split("      ")[0].rstrip() for line in drawing.text.splitlines()]


def boxes(drawing):
    """By its id, what a box is called, in words."""
    captions = drawing._captions
    return {box.key: captions.described(box).split(":")[0] for box in captions.diagram.boxes}


def edges(drawing):
    return [edge.key for edge in drawing._captions.diagram.edges]


def frames(drawing):
    return [".".join(path) for path in drawing._captions.diagram.frames if path]


def named_inputs(*numbers):
    return [Value(x, f"x{i}") for i, x in enumerate(numbers, 1)]


def trained_loss(widths=(2, 1), loss=losses.squared_error, target=1.0, activation="tanh"):
    """A network, and its loss on one example after a backward pass."""
    model = MLP(2, list(widths), activation, seed=0)
    result = loss(model(named_inputs(2.0, -1.0)), target)
    result.label = "loss"
    result.backward()
    return model, result


# --- groups ---------------------------------------------------------------------------------------------------------


def test_a_node_is_in_the_group_of_the_parameters_that_it_is_computed_with():
    model, loss = trained_loss()
    groups = groups_of(topological_order(loss), {p: name for name, p in model.named_parameters()})
    z = loss.parents[0].parents[0]  # the output: loss = (z - 1)^2
    hidden = z.parents[2]  # after two weights
    assert groups[z] == ("layers.1", "neurons.0")
    assert groups[hidden] == groups[hidden.parents[0]] == ("layers.0", "neurons.0")  # tanh, and its dot
    assert groups[model.layers[0].neurons[1].b] == ("layers.0", "neurons.1")
    assert groups[loss] == groups[loss.parents[0]] == ()
    assert [groups[x] for x in hidden.parents[0].parents if x.label] == [(), ()]  # inputs


def test_a_neuron_of_many_operations_is_one_group():
    # as micrograd writes it: a product for each weight, a sum of these, the bias, the activation
    names = {Value(0.5): "n.0.w.0", Value(-1.0): "n.0.w.1", Value(0.1): "n.0.b", Value(2.0): "n.1.w.0"}
    w0, w1, b, v = names
    x = Value(3.0, "x")
    inner = w0 * x + w1 * x
    h = (inner + b).tanh()
    y = h * v
    groups = groups_of(topological_order(y), names)
    assert {groups[node] for node in (*inner.parents, inner, *h.parents, h)} == {("n.0",)}
    assert groups[y] == ("n.1",)


def test_an_activation_of_several_operations_is_in_its_neuron():
    class Swish(Module):
        def __init__(self):
            self.hidden = Layer(1, 2, lambda z: z * tanh(z) + 1, seed=0)
            self.output = Neuron(2, "linear", seed=1)

        def __call__(self, x):
            return self.output(self.hidden(x))

    model = Swish()
    drawing = draw(model([0.5]), groups=model, depth=1)
    names = boxes(drawing).values()
    assert sorted(name for name in names if "neurons" in name) == ["hidden.neurons.0", "hidden.neurons.1"]
    assert not any(x in name for name in names for x in ("tanh", "*", "+"))


def test_the_activation_of_an_output_is_in_its_neuron_and_a_loss_is_not():
    model = MLP(1, [1], "tanh", output_activation="tanh", seed=0)
    assert list(boxes(draw(model([0.5]), groups=model, depth=0)).values()) == ["v1", "layers.0"]
    model = MLP(1, [1], seed=0)
    batch = total([losses.binary_cross_entropy_with_logits(model([0.5]), t) for t in (0, 1)])
    assert draw(batch, groups=model, depth=0).text.count("softplus") == 2  # of z, and of -z: no activation


def test_softmax_at_the_end_is_outside_of_the_neurons():
    model = MLP(1, [2], seed=0)
    drawing = draw(softmax(model([0.5])), groups=model)
    groups = {drawing._captions.diagram.groups[node] for node in drawing._captions.diagram.outputs}
    assert groups == {()}


def test_groups_may_be_a_mapping_of_names():
    a, b = Value(1.0), Value(2.0)
    y = (a * 3).tanh() * b
    drawing = draw(y, groups={a: "first.w", b: "second.w"})
    assert frames(drawing) == ["first", "second"]
    assert lines(draw(y, groups={a: "first.w", b: "second.w"}, depth=0))[:2] == [
        "first: 1 × parameter, 1 × number, 1 × *, 1 × tanh = 0.9951",
        "second: 1 × parameter, 1 × * <- first = 1.99",
    ]


def test_frames_stand_around_neurons_within_those_around_layers():
    model, loss = trained_loss()
    drawing = draw(loss, groups=model)
    wanted = ["layers.0", "layers.0.neurons.0", "layers.0.neurons.1", "layers.1", "layers.1.neurons.0"]
    assert sorted(frames(drawing)) == wanted
    assert [f"cluster {name}" in drawing.source for name in wanted] == [True] * 5
    assert drawing.mermaid.count("subgraph") == 5
    assert "<B>w.1</B>" in drawing.source  # the rest of its name is on the frames
    assert "layers.0.neurons.1.w.1 = " in drawing.text


# --- depth ----------------------------------------------------------------------------------------------------------


def test_depth_says_how_many_levels_are_open():
    model, loss = trained_loss()
    by_neuron, by_layer = (draw(loss, groups=model, depth=depth) for depth in (1, 0))
    assert [x for x in boxes(by_neuron).values() if "layers" in x] == [
        "layers.0.neurons.0",
        "layers.0.neurons.1",
        "layers.1.neurons.0",
    ]
    assert [x for x in boxes(by_layer).values() if "layers" in x] == ["layers.0", "layers.1"]
    assert len(boxes(draw(loss, groups=model, depth=2))) == len(topological_order(loss)) == len(boxes(draw(loss)))
    assert by_neuron.text.splitlines()[-1].startswith("19 nodes in 8 boxes; depth=2 opens groups")
    assert by_layer.text.splitlines()[-1].startswith("19 nodes in 7 boxes; depth=1 opens groups")


def test_a_closed_group_shows_the_numbers_of_its_result():
    model, loss = trained_loss()
    hidden = loss.parents[0].parents[0].parents[2:4]
    text = draw(loss, groups=model, depth=1).text
    for k, h in enumerate(hidden):
        (line,) = [line for line in text.splitlines() if line.startswith(f"layers.0.neurons.{k}: ")]
        assert f"3 × parameter, 1 × dot, 1 × tanh <- x1, x2 = {h.data:.4g} " in line
        assert line.endswith(f"adjoint {h.grad:.4g}")
    low, high = sorted(h.data for h in hidden)
    assert f" <- x1, x2 = {low:.4g} to {high:.4g} " in draw(loss, groups=model, depth=0).text


def test_edges_between_collapsed_boxes_say_how_many_they_are():
    model, loss = trained_loss()
    source = draw(loss, groups=model, depth=0).source
    assert source.count('label=" ×2 "') == 3  # each input into two neurons, two neurons into the output


def test_depth_without_groups_is_refused():
    with pytest.raises(ValueError, match="there are none; give groups=network"):
        draw(Value(1.0) * 2, depth=1)


# --- more than can be read ------------------------------------------------------------------------------------------


def test_a_network_of_more_than_300_nodes_is_drawn_by_neuron():
    model, loss = trained_loss([16, 16, 1])
    shown = [x for x in boxes(draw(loss, groups=model)).values() if x.startswith("layers")]
    assert len(shown) == 33
    assert "layers.1.neurons.15" in shown


def test_if_these_are_too_many_it_is_drawn_by_layer():
    model, loss = trained_loss([20, 20, 1])  # 400 edges between neurons, and with `most=100` at most 200
    assert "layers.1.neurons.3" in boxes(draw(loss, groups=model)).values()
    shown = [x for x in boxes(draw(loss, groups=model, most=100)).values() if x.startswith("layers")]
    assert shown == ["layers.0", "layers.1", "layers.2"]


def test_the_examples_of_a_batch_are_drawn_once():
    model = MLP(2, [4, 1], "tanh", seed=0)
    rows = [[Value(0.1 * i), Value(1.0)] for i in range(50)]
    loss = total([losses.squared_error(model(x), 1.0) for x in rows]) / 50
    shown = list(boxes(draw(loss, groups=model)).values())
    assert [x for x in shown if x.startswith("layers")] == [
        *(f"layers.0.neurons.{k}" for k in range(4)),
        "layers.1.neurons.0",
    ]
    assert {"100 × input", "50 × number", "50 × -", "50 × square"} <= set(shown)
    assert len(shown) == 12


def test_without_groups_what_is_computed_alike_is_one_box():
    model = MLP(2, [16, 16, 1], "relu", seed=0)
    shown = list(boxes(draw(model([1.0, 2.0]))).values())
    assert shown == ["339 × input", "16 × dot", "16 × ReLU", "16 × dot", "16 × ReLU", "v403"]
    with_names = list(boxes(draw(model([1.0, 2.0]), names=model)).values())
    assert with_names == ["337 × parameter", "2 × input", *shown[1:]]


def test_a_long_chain_is_three_boxes():
    y = Value(1.0, "x")
    for _ in range(1000):
        y = -y
    drawing = draw(y)
    assert lines(drawing)[:3] == ["x = 1", "999 × - <- x = -1", "v1000 = - <- 999 × - = 1"]
    assert drawing.text.splitlines()[-1] == (
        "1,001 nodes in 3 boxes; most=1001 shows all, around=... shows a unit up close."
    )
    assert edges(drawing) == ["v0-g999", "g999-v1000"]


def test_a_sum_of_many_terms_is_a_chain_of_sums():
    s = Value(0.0, "s")
    for i in range(400):
        s = s + Value(float(i)).tanh()
    shown = list(boxes(draw(s)).values())
    assert sorted(shown) == ["399 × +", "400 × tanh", "401 × input", "v1200"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [1, 2, 10, 50])
def test_any_graph_is_drawn_in_few_boxes(seed, most):
    chosen = random.Random(seed)
    nodes = [Value(chosen.random(), f"x{i}") for i in range(5)]
    for _ in range(400):
        a, b = chosen.choices(nodes, k=2)
        nodes.append(chosen.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, _: a.tanh()])(a, b))
    names = {x: f"part.{i % 3}.w" for i, x in enumerate(nodes[:5])}
    for groups in (None, names):
        drawing = draw(total(nodes), groups=groups, most=most)
        assert len(boxes(drawing)) <= max(most, 4)
        assert "<svg" in drawing.svg
        members = [node for box in drawing._captions.diagram.boxes for node in box.members]
        assert sorted(map(id, members)) == sorted(map(id, topological_order(*drawing._captions.diagram.outputs)))


def test_a_graph_of_100_000_nodes_is_drawn():
    y = Value(1.0, "x")
    for i in range(50_000):
        y = (y * 1.0).tanh() if i % 2 else y + 0.5
    drawing = draw(y)
    assert len(drawing._captions.diagram.order) > 100_000
    assert len(boxes(drawing)) < 20
    assert "<svg" in drawing.svg
    assert "shows all" not in drawing.text  # nobody should try


def test_most_shows_as_many_as_are_wanted():
    y = Value(1.0)
    for _ in range(400):
        y = -y
    assert len(boxes(draw(y, most=401))) == 401


def test_the_steps_of_a_recurrent_network_are_folded_into_its_neurons():
    model = Recurrent(1, 2, seed=0)
    drawing = draw(model([[1.0], [0.5], [-0.5]])[-1], groups=model, depth=1)
    keys = {name: key for key, name in boxes(drawing).items()}
    one, two = keys["layer.neurons.0"], keys["layer.neurons.1"]
    assert {f"{one}-{two}", f"{two}-{one}"} <= set(edges(drawing))
    assert "<svg" in drawing.svg


# --- networks -------------------------------------------------------------------------------------------------------


def test_a_network_is_drawn_by_neuron_without_numbers():
    drawing = draw(MLP(2, [3, 1], "tanh", seed=0))
    assert drawing.text.splitlines()[:-1] == [
        "x1",
        "x2",
        "layers.0.neurons.0: 3 × parameter, 1 × dot, 1 × tanh <- x1, x2",
        "layers.0.neurons.1: 3 × parameter, 1 × dot, 1 × tanh <- x1, x2",
        "layers.0.neurons.2: 3 × parameter, 1 × dot, 1 × tanh <- x1, x2",
        "layers.1.neurons.0: 4 × parameter, 1 × dot <- layers.0.neurons.0, layers.0.neurons.1, layers.0.neurons.2",
    ]
    assert len(edges(drawing)) == 2 * 3 + 3


@pytest.mark.parametrize(("part", "n_inputs"), [(Neuron(3), 3), (Layer(4, 2), 4), (MLP(2, [2, 1]), 2)])
def test_parts_of_networks_are_called_with_as_many_inputs_as_they_take(part, n_inputs):
    text = draw(part).text
    assert f"x{n_inputs}" in text
    assert f"x{n_inputs + 1}" not in text


def test_what_cannot_be_called_with_numbers_is_shown_by_its_parameters():
    drawing = draw(Convolution(1, 2, 3))
    assert lines(drawing)[:2] == ["kernels.0: 4 × parameter", "kernels.1: 4 × parameter"]


def test_drawing_a_network_leaves_it_as_it_is():
    model = MLP(2, [8, 1], seed=0, dropout=0.5)
    twin = MLP(2, [8, 1], seed=0, dropout=0.5)
    draw(model)
    assert model.training
    assert all(parameter.grad == 0.0 for parameter in model.parameters())
    assert model([1.0, 2.0]).data == twin([1.0, 2.0]).data  # the same units are dropped


def test_a_network_is_drawn_as_it_is_after_training_too():
    model, _ = trained_loss()
    assert draw(model).source == draw(MLP(2, [2, 1], "tanh", seed=0)).source


def test_a_network_without_parameters_is_refused():
    with pytest.raises(ValueError, match="Module has no parameters, and so nothing to draw"):
        draw(Module())


# --- a unit up close ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["name", "module", "parameter", "node"])
def test_around_a_unit_are_its_operands_and_what_uses_it(kind):
    model, loss = trained_loss()
    z = loss.parents[0].parents[0]
    hidden = z.parents[3]
    around = {
        "name": "layers.0.neurons.1",
        "module": model.layers[0].neurons[1],
        "parameter": model.layers[0].neurons[1].b,
        "node": hidden,
    }[kind]
    drawing = draw(loss, groups=model, around=around)
    place = {node: f"v{k}" for k, node in enumerate(topological_order(loss))}
    unit = [*hidden.parents[0].parents, hidden.parents[0], hidden]
    assert set(boxes(drawing)) == {place[node] for node in (*unit, z)}
    delta = hidden.parents[0].grad
    assert f"adjoint (delta) {delta:.4g}" in drawing.text
    assert drawing.text.count("delta") == 1
    # delta = g'(z) w delta of the output; the output's is 2 (z - 1), and tanh' = 1 - h^2
    assert delta == pytest.approx((1 - hidden.data**2) * model.layers[1].neurons[0].w[1].data * 2 * (z.data - 1))
    assert drawing.text.splitlines()[-1] == "8 of the 19 nodes of the graph."
    assert "<B>layers.1.neurons.0</B>" in drawing.source  # what uses it


def test_around_a_node_without_groups_are_its_neighbours():
    a, b = Value(2.0, "a"), Value(1.0, "b")
    c = a + b
    e = c * (b + 1)
    drawing = draw(e.tanh(), around=c)
    assert list(boxes(drawing)) == ["v0", "v1", "v2", "v5"]
    assert edges(drawing) == ["v0-v2-0", "v1-v2-1", "v2-v5-0"]


def test_around_one_example_of_a_batch_the_others_are_left_out():
    model = MLP(1, [2, 1], "tanh", seed=0)
    outputs = [model([float(i)]) for i in range(5)]
    hidden = outputs[3].parents[2]
    drawing = draw(total(outputs), groups=model, around=hidden)
    shown = drawing._captions.diagram.centre
    assert {node for node in shown if node.parents} == {hidden, hidden.parents[0]}


def test_around_a_part_of_a_network_shows_that_part():
    model = MLP(2, [3, 1], "tanh", seed=0)
    for around in ("layers.0.neurons.2", model.layers[0].neurons[2], model.layers[0].neurons[2].b):
        drawing = draw(model, around=around)
        assert frames(drawing) == ["layers.0", "layers.0.neurons.2"]
        assert "<B>w.1</B>" in drawing.source


@pytest.mark.parametrize(
    ("around", "error", "said"),
    [
        ("layers.7", ValueError, r"around=layers.7\): there is no such group; groups: layers.0.neurons.0, "),
        (Value(1.0), ValueError, r"does not depend on Value\(data=1.0, grad=0.0\)"),
        (Neuron(1), ValueError, r"around=Neuron\): there is no such group"),
        (3, TypeError, "takes a Value, the name of a group or a part of the network, not int"),
    ],
)
def test_around_what_is_not_there_is_refused(around, error, said):
    model, loss = trained_loss()
    with pytest.raises(error, match=said):
        draw(loss, groups=model, around=around)


def test_around_a_group_where_there_are_none_says_what_to_give():
    with pytest.raises(ValueError, match="there is no such group; give groups=network"):
        draw(Value(1.0) * 2, around="layers.0")


def test_a_unit_of_many_inputs_is_shown_with_its_inputs_together():
    layer = Layer(500, 2, "tanh", seed=0)
    outputs = layer([0.5] * 500)
    drawing = draw(outputs, groups=layer, around="neurons.1")
    assert sorted(boxes(drawing).values()) == ["500 × input", "501 × parameter", "v1504", "v1505"]
    assert frames(drawing) == ["neurons.1"]
