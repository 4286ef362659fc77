"""Pictures of networks and of the plane as they see it, of networks that were trained, read back from their artists."""

import itertools
import math
import random

import numpy as np
import pytest

from nn import MLP, Layer, Module, Neuron, data, fit, logic, losses, plots
from nn.plots import style
from nn.plots.evaluation import evaluated, up_to

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
colors = pytest.importorskip("matplotlib.colors")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _closed():
    yield
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")
    for figure in figures:
        figure.canvas.draw()  # what cannot be drawn, or warns, is found here


@pytest.fixture(scope="module")
def moons():
    return data.moons(80, noise=0.15, seed=1)


@pytest.fixture(scope="module")
def binary(moons):
    model = MLP(2, [4, 1], "tanh", seed=0)
    loss = losses.binary_cross_entropy_with_logits
    fit(model, moons.inputs, moons.targets, loss=loss, epochs=60, progress=False)
    return model


@pytest.fixture(scope="module")
def blobs():
    return data.blobs(60, seed=0)


@pytest.fixture(scope="module")
def ternary(blobs):
    model = MLP(2, [6, 3], "relu", seed=0)
    fit(model, blobs.inputs, blobs.targets, loss=losses.cross_entropy, epochs=15, progress=False)
    return model


def of_label(ax, start):
    """The one line whose label begins so."""
    (line,) = [line for line in ax.lines if str(line.get_label()).startswith(start)]
    return line


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# --- network


def test_a_line_is_as_wide_as_its_weight_is_large_and_has_the_look_of_its_sign(binary):
    ax = plots.network(binary)
    weights = [w.data for layer in binary.layers for neuron in layer.neurons for w in neuron.w]
    largest = max(map(abs, weights))
    assert len(ax.lines) == len(weights) == 12
    for line, w in zip(ax.lines, weights, strict=True):
        assert line.get_linewidth() == pytest.approx(5.0 * abs(w) / largest)
        assert line.get_color() == (style.NEGATIVE if w < 0 else style.POSITIVE)
        assert line.is_dashed() == (w < 0)
    assert legend(ax) == ["weight above 0", "weight below 0", f"widest line: |w| = {largest:.3g}"]


def test_units_are_circles_joined_by_the_lines(binary):
    ax = plots.network(binary)
    centres = [tuple(circle.center) for circle in ax.patches]
    assert len(centres) == 2 + 4 + 1
    ends = [(line.get_xydata()[0], line.get_xydata()[1]) for line in ax.lines]
    hidden = [(i, 2 + j) for j in range(4) for i in range(2)] + [(2 + i, 6) for i in range(4)]
    assert [(tuple(a), tuple(b)) for a, b in ends] == [(centres[a], centres[b]) for a, b in hidden]
    assert ax.get_aspect() == 1.0


def test_units_show_the_numbers_of_an_example_and_its_colours(binary):
    x = [0.5, -2.0]
    ax = plots.network(binary, x, numbers=False)
    values = [*x, *(y.data for y in binary.layers[0](x)), binary(x).data]
    texts = [text.get_text() for text in ax.texts if text.get_position() in [tuple(c.center) for c in ax.patches]]
    assert texts == [f"{value:.2f}".replace("-", "\N{MINUS SIGN}") for value in values]
    for circle, value in zip(ax.patches, values, strict=True):
        red, _, blue, _ = circle.get_facecolor()
        assert (blue > red) == (value > 0)


def test_a_small_network_has_its_numbers_written_on_it(binary):
    written = [text.get_text() for text in plots.network(binary).texts]
    for layer in binary.layers:
        for neuron in layer.neurons:
            assert f"b = {neuron.b.data:.2g}".replace("-", "\N{MINUS SIGN}") in written
            assert all(f"{w.data:.2g}".replace("-", "\N{MINUS SIGN}") in written for w in neuron.w)
    assert not any(text.get_text().startswith("b = ") for text in plots.network(binary, numbers=False).texts)


def test_names_stand_beside_inputs_outputs_and_layers(ternary, blobs):
    ax = plots.network(ternary, input_names=["a", "b"], output_names=blobs.class_names)
    texts = [text.get_text() for text in ax.texts]
    assert {"a", "b", *blobs.class_names, "2 inputs", "hidden: 6 relu", "output: 3 linear"} <= set(texts)


def test_of_a_wide_layer_the_first_and_the_last_units_are_drawn():
    model = MLP(2, [40, 1], seed=0)
    ax = plots.network(model, most=6)
    assert len(ax.patches) == 2 + 4 + 1
    assert [text.get_text() for text in ax.texts].count("⋮") == 1
    drawn = [0, 1, 38, 39]
    weights = [w.data for i in drawn for w in model.layers[0].neurons[i].w]
    weights += [model.layers[1].neurons[0].w[i].data for i in drawn]
    widths = np.array([line.get_linewidth() for line in ax.lines])
    assert widths / widths.max() == pytest.approx(np.abs(weights) / np.abs(weights).max())


def test_a_neuron_and_a_layer_are_networks_too():
    assert len(plots.network(Neuron(3, seed=0)).patches) == 4
    assert len(plots.network(Layer(3, 2, seed=0)).patches) == 5
    with pytest.raises(TypeError, match="wanted an MLP, a Layer or a Neuron"):
        plots.network(Module())


# --- decision_regions


def colour_at(ax, x, y):
    """The colour of the picture at a point."""
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    rows, columns, _ = image.get_array().shape
    return image.get_array()[int((y - bottom) / (top - bottom) * rows), int((x - left) / (right - left) * columns)]


def strength(colour, k):
    """How far a colour is from white towards that of class k; None if it is not on the way there."""
    towards = 1.0 - np.array(colors.to_rgb(style.CLASSES[k]))
    share = (1.0 - colour) @ towards / (towards @ towards)
    return share if np.allclose(1.0 - colour, share * towards) else None


def sample_points(ax, n=200):
    """Points of the plane, none of them on the frame."""
    rng = random.Random(0)
    sides = [(0.98 * low + 0.02 * high, 0.02 * low + 0.98 * high) for low, high in (ax.get_xlim(), ax.get_ylim())]
    return [tuple(rng.uniform(*side) for side in sides) for _ in range(n)]


def test_the_colour_of_a_point_is_that_of_the_model_s_decision(binary, ternary, moons, blobs):
    for model, dataset in ((binary, moons), (ternary, blobs)):
        ax = plots.decision_regions(model, dataset.inputs, dataset.targets, resolution=400)
        checked = 0
        for x, y in sample_points(ax):
            output = model([x, y])
            logits = [0.0, output.data] if dataset is moons else [z.data for z in output]
            *_, second, best = sorted(logits)
            if best - second > 0.5:  # farther from the boundary than a pixel
                assert strength(colour_at(ax, x, y), logits.index(best)) is not None
                checked += 1
        assert checked > 100


def pixels_at(ax, points):
    """The colours that are seen at points of the plane, once all is drawn."""
    ax.figure.canvas.draw()
    picture = np.asarray(ax.figure.canvas.buffer_rgba())[:, :, :3] / 255.0
    columns, rows = ax.transData.transform(points).astype(int).T
    return picture[len(picture) - 1 - rows, columns]


def test_what_is_seen_at_a_point_is_the_decision_there(binary):
    ax = plots.decision_regions(binary)
    points = [(x, y) for x, y in sample_points(ax, 400) if abs(binary([x, y]).data) > 4.0]  # far from any line
    assert len(points) > 100
    for point, (red, _, blue) in zip(points, pixels_at(ax, points), strict=True):
        assert (blue > red) == (binary(point).data > 0.0)


def test_what_is_seen_at_a_point_is_the_unit_s_output_there(binary):
    panel = plots.hidden_units(binary)[0]
    (neuron,) = binary.layers[0].neurons[:1]
    points = [(x, y) for x, y in sample_points(panel, 400) if abs(neuron([x, y]).data) > 0.5]
    assert len(points) > 100
    for point, (red, _, blue) in zip(points, pixels_at(panel, points), strict=True):
        assert (blue > red) == (neuron(point).data > 0.0)


def test_a_colour_is_the_stronger_the_surer_the_decision(binary):
    ax = plots.decision_regions(binary, resolution=400)
    for x, y in sample_points(ax, 50):
        p = 1.0 / (1.0 + math.exp(-binary([x, y]).data))
        expected = 0.10 + 0.45 * abs(2.0 * p - 1.0)
        assert strength(colour_at(ax, x, y), int(p > 0.5)) == pytest.approx(expected, abs=0.06) or abs(p - 0.5) < 0.1


def test_the_boundary_runs_where_the_logit_is_0_and_the_dotted_line_where_it_is_sure(binary):
    ax = plots.decision_regions(binary, resolution=300)
    boundary, sure = ax.collections
    for path in boundary.get_paths():
        assert all(abs(binary(point.tolist()).data) < 0.05 for point in path.vertices)
    for path in sure.get_paths():
        assert all(abs(binary(point.tolist()).data) == pytest.approx(math.log(9), abs=0.1) for point in path.vertices)
    assert boundary.get_linestyle() != sure.get_linestyle()
    assert {"decision boundary", "90% sure"} <= set(legend(ax))


def test_points_have_the_colour_and_marker_of_their_class_and_a_ring_where_they_are_wrong(binary, moons):
    targets = [1 - moons.targets[0], *moons.targets[1:]]
    ax = plots.decision_regions(binary, moons.inputs, targets, class_names=moons.class_names)
    for k, name in enumerate(moons.class_names):
        line = of_label(ax, name)
        members = [row for row, target in zip(moons.inputs, targets, strict=True) if target == k]
        assert line.get_xydata().tolist() == members
        assert (line.get_color(), line.get_marker()) == (style.CLASSES[k], style.MARKERS[k])
    wrong = [row for row, t in zip(moons.inputs, targets, strict=True) if (binary(row).data > 0) != t]
    ring = of_label(ax, "wrong: ")
    assert moons.inputs[0] in ring.get_xydata().tolist() == wrong
    assert ring.get_label() == f"wrong: {len(wrong)} of 80 points"


def test_axes_show_all_points_in_one_unit_with_names(binary, moons):
    ax = plots.decision_regions(binary, moons.inputs, moons.targets, input_names=["length in cm", "width in cm"])
    columns = np.array(moons.inputs).T
    for (low, high), column in zip((ax.get_xlim(), ax.get_ylim()), columns, strict=True):
        assert low < column.min() < column.max() < high
    assert ax.get_aspect() == 1.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length in cm", "width in cm")
    ax = plots.decision_regions(binary, limits=((-3.0, 1.0), (0.0, 2.0)))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3.0, 1.0), (0.0, 2.0))


def test_an_output_that_is_a_probability_is_taken_as_it_is():
    gate = logic.xor_gate()
    ax = plots.decision_regions(gate, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    assert strength(colour_at(ax, 0.0, 1.0), 1) == pytest.approx(0.55)
    assert strength(colour_at(ax, 0.0, 0.0), 0) == pytest.approx(0.55)
    assert "wrong: 0 of 4 points" in legend(ax)


def test_a_threshold_moves_the_boundary():
    unit = Neuron(2, "sigmoid", init=lambda *_: 1.0)  # sigmoid(x + y)
    for threshold in (0.5, 0.8):
        boundary = plots.decision_regions(unit, threshold=threshold, resolution=400).collections[0]
        (path,) = boundary.get_paths()
        assert path.vertices.sum(axis=1) == pytest.approx(math.log(threshold / (1 - threshold)), abs=0.01)


def test_raw_rows_go_through_a_scaling(moons):
    scaling = data.Scaling([10.0, 0.0], [2.0, 1.0])
    unit = Neuron(2, "linear", init=lambda *_: 1.0)
    ax = plots.decision_regions(unit, scaling=scaling, limits=((6.0, 14.0), (-2.0, 2.0)))
    (path,) = ax.collections[0].get_paths()
    assert ((path.vertices[:, 0] - 10.0) / 2.0 + path.vertices[:, 1]) == pytest.approx(0.0, abs=1e-4)


def test_signs_are_classes_too_and_a_network_without_points_has_patches_in_its_legend(binary, moons):
    signs = [2 * t - 1 for t in moons.targets]
    ax = plots.decision_regions(binary, moons.inputs, signs)
    assert legend(ax)[:2] == ["class 0", "class 1"]
    assert legend(plots.decision_regions(binary, class_names=["no", "yes"]))[:2] == ["no", "yes"]
    assert plots.decision_regions(binary, legend=False).get_legend() is None


def test_points_without_classes_are_refused(binary):
    with pytest.raises(ValueError, match="2 inputs and 1 targets; wanted as many of each"):
        plots.decision_regions(binary, [[0, 0], [1, 1]], [1])
    with pytest.raises(ValueError, match="1 inputs and 0 targets"):
        plots.decision_regions(binary, [[0, 0]])


def test_a_picture_leaves_the_model_in_its_mode():
    model = MLP(2, [4, 1], seed=0, dropout=0.5)
    pictures = [plots.decision_regions(model.train(), resolution=50).images[0].get_array() for _ in range(2)]
    assert model.training
    assert model.dropout.training
    assert np.array_equal(*pictures)  # nothing was dropped


# --- hidden_units


def test_each_panel_is_one_unit_s_output_over_the_plane(binary, moons):
    found = plots.hidden_units(binary, moons.inputs, moons.targets, resolution=60)
    assert len(found) == 4 + 1
    for unit, panel in enumerate(found):
        image = panel.images[0]
        left, right, bottom, top = image.get_extent()
        rows, columns = image.get_array().shape
        for row, column in itertools.product(range(0, rows, 11), range(0, columns, 13)):
            x = left + (column + 0.5) * (right - left) / columns
            y = bottom + (row + 0.5) * (top - bottom) / rows
            expected = binary([x, y]).data if unit == 4 else binary.layers[0]([x, y])[unit].data
            assert image.get_array()[row, column] == pytest.approx(expected, abs=1e-9)
        low, high = image.get_clim()
        assert low == -high  # white is 0


def test_a_line_stands_where_the_weighted_sum_of_a_unit_is_0(binary, ternary):
    for model in (binary, ternary):
        *panels, _ = plots.hidden_units(model)
        lines = 0
        for panel, neuron in zip(panels, model.layers[0].neurons, strict=False):
            for collection in panel.collections:
                vertices = np.concatenate([path.vertices for path in collection.get_paths()])
                sums = vertices @ [w.data for w in neuron.w] + neuron.b.data
                assert sums == pytest.approx(0.0, abs=1e-9)
                lines += 1
        assert lines >= 3


def test_titles_name_the_units_and_their_weight(binary, ternary):
    titles = [panel.get_title() for panel in plots.hidden_units(binary)]
    weights = [w.data for w in binary.layers[1].neurons[0].w]
    expected = [f"unit {i + 1} (weight {w:.2f})".replace("-", "\N{MINUS SIGN}") for i, w in enumerate(weights)]
    assert titles == [*expected, "output"]
    titles = [panel.get_title() for panel in plots.hidden_units(ternary)]
    assert titles == [f"unit {i}" for i in range(1, 7)] + [f"output {i}" for i in range(1, 4)]


def test_units_share_one_scale(binary):
    *units, output = plots.hidden_units(binary)
    assert len({unit.images[0].get_clim() for unit in units}) == 1
    assert output.images[0].get_clim()[1] == pytest.approx(abs(output.images[0].get_array()).max())


def test_a_layer_that_there_is_not_and_a_model_of_other_inputs_are_refused(binary):
    with pytest.raises(ValueError, match="layer is 3; wanted an int from 1 to 2"):
        plots.hidden_units(binary, layer=3)
    with pytest.raises(ValueError, match="layer is -1; wanted an int from 0 to 2"):
        plots.bent_plane(binary, layer=-1)
    with pytest.raises(ValueError, match="hidden_units shows a model of 2 inputs, but this one has 3"):
        plots.hidden_units(MLP(3, [1]))


# --- bent_plane


@pytest.fixture(scope="module")
def narrow():
    xor = data.xor(60, seed=0)
    model = MLP(2, [2, 1], "tanh", seed=4)
    loss = losses.binary_cross_entropy_with_logits
    fit(model, xor.inputs, xor.targets, loss=loss, epochs=25, progress=False)
    return model, xor


def test_before_the_first_layer_the_plane_is_a_grid():
    ax = plots.bent_plane(MLP(2, [2, 1], seed=0), layer=0, lines=5, limits=((-1.0, 1.0), (0.0, 1.0)))
    upright, level = ax.lines[:5], ax.lines[5:]
    assert [line.get_xdata()[0] for line in upright] == pytest.approx([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert all(np.ptp(line.get_xdata()) == 0.0 for line in upright)
    assert [line.get_ydata()[0] for line in level] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert ax.get_title() == "the plane"


def test_a_layer_of_two_units_bends_lines_and_points(narrow):
    model, xor = narrow
    ax = plots.bent_plane(model, xor.inputs, xor.targets, class_names=xor.class_names, limits=((-2, 2), (-2, 2)))
    first = ax.lines[0].get_xydata()  # x = -2
    along = np.linspace(-2.0, 2.0, len(first))
    assert first == pytest.approx(np.array([[y.data for y in model.layers[0]([-2.0, t])] for t in along]))
    for k, name in enumerate(xor.class_names):
        bent = [[y.data for y in model.layers[0](x)] for x, t in zip(xor.inputs, xor.targets, strict=True) if t == k]
        assert of_label(ax, name).get_xydata() == pytest.approx(np.array(bent))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("unit 1", "unit 2", "after hidden, 2 tanh")


def test_the_boundary_in_the_bent_plane_is_the_output_s_line(narrow):
    model, xor = narrow
    ax = plots.bent_plane(model, xor.inputs, xor.targets)
    (neuron,) = model.layers[1].neurons
    ends = of_label(ax, "decision boundary").get_xydata()
    assert ends @ [w.data for w in neuron.w] + neuron.b.data == pytest.approx(0.0, abs=1e-6)
    assert max(abs(x) for x in (*ax.get_xlim(), *ax.get_ylim())) < 1.3  # the line does not move the limits


def test_a_wide_layer_is_seen_along_its_principal_components(ternary, blobs):
    ax = plots.bent_plane(ternary, blobs.inputs, blobs.targets)
    drawn = np.concatenate([line.get_xydata() for line in ax.lines[:30]])
    (x0, x1), (y0, y1) = plots.evaluation.limits_of(blobs.inputs)
    n = len(ax.lines[0].get_xdata())
    across, up = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    rows = [(x, y) for x in across[::8] for y in up] + [(x, y) for y in up[::8] for x in across]
    outputs = evaluated(up_to(ternary.layers, 1), np.array(rows))
    values = np.linalg.eigvalsh(np.cov(outputs.T))[::-1]  # variances along the components
    assert drawn.var(axis=0, ddof=1) == pytest.approx(values[:2])
    assert ax.get_xlabel() == f"component 1 ({values[0] / values.sum():.0%})"
