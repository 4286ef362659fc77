"""Pictures of training, read back from their artists: curves, weights, gradients, steps, paths, lines, animations."""

import itertools
import math
import re
import struct
from functools import partial

import numpy as np
import pytest

from nn import MLP, SGD, Adam, EarlyStopping, History, Neuron, Perceptron, data, fit, losses, plots
from nn.plots import style

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
BCE = losses.binary_cross_entropy_with_logits


@pytest.fixture(autouse=True)
def _closed():
    yield
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")
    for figure in figures:
        figure.canvas.draw()  # what cannot be drawn, or warns, is found here


@pytest.fixture(scope="module")
def moons():
    return data.moons(90, noise=0.3, seed=1)


@pytest.fixture(scope="module")
def trained(moons):
    """A network that overfits until it is stopped: the model, its history, and snapshots of its training."""
    train, validation = moons.split(0.4)
    model = MLP(2, [12, 1], "tanh", seed=0)
    snapshots = plots.Snapshots(every=5)
    history = fit(
        model,
        train.inputs,
        train.targets,
        loss=BCE,
        optimizer=Adam(model.parameters(), lr=0.03),
        epochs=200,
        validation=(validation.inputs, validation.targets),
        metrics={"accuracy": lambda output, target: float((output.data > 0) == target)},
        callbacks=[snapshots, EarlyStopping(8)],
        progress=False,
    )
    assert history.restored_epoch < len(history) < 200
    return model, history, snapshots


def labels(ax):
    return [line.get_label() for line in ax.lines]


# --- learning_curves


def test_each_quantity_has_a_panel_with_both_lines_and_the_best_epoch(trained):
    _, history, _ = trained
    found = plots.learning_curves(history)
    assert [panel.get_ylabel() for panel in found] == ["loss", "accuracy"]
    for panel, name in zip(found, ("loss", "accuracy"), strict=True):
        training, validation, best = panel.lines
        assert list(training.get_xdata()) == history["epoch"]
        assert list(training.get_ydata()) == history[name]
        assert list(validation.get_ydata()) == history[f"validation_{name}"]
        assert set(best.get_xdata()) == {history.restored_epoch}
        assert labels(panel) == [name, f"validation {name}", f"best: epoch {history.restored_epoch}"]
        looks = {(line.get_color(), line.get_linestyle()) for line in panel.lines}
        assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == 3
        assert panel.get_xlabel() == "epoch"


def test_the_epochs_that_early_stopping_did_not_keep_are_shaded(trained):
    _, history, _ = trained
    (panel,) = plots.learning_curves(history, "loss")
    (shade,) = panel.patches
    assert shade.get_label() == f"not kept: stopped after epoch {len(history)}"
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (history.restored_epoch, len(history))
    assert panel.get_ylim()[0] == 0.0


def test_what_was_never_stopped_has_no_shade(moons):
    history = fit(MLP(2, [1], seed=0), moons.inputs, moons.targets, loss=BCE, epochs=2, progress=False)
    (panel,) = plots.learning_curves(history)
    assert not panel.patches
    assert labels(panel) == ["loss", "best: epoch 2"]


def test_a_column_that_there_is_not_is_refused_before_there_is_a_figure(trained):
    with pytest.raises(KeyError, match="no column 'los'"):
        plots.learning_curves(trained[1], "los")
    with pytest.raises(KeyError, match="there are none yet"):
        plots.learning_curves(History())
    assert plt.get_fignums() == []


def test_panels_take_the_place_of_the_axes_that_were_given(trained):
    figure = plt.figure(figsize=(16, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    found = plots.learning_curves(trained[1], ax=right)
    figure.canvas.draw()
    assert all(panel.figure is figure for panel in found)
    assert all(panel.get_position().x0 > left.get_position().x1 for panel in found)
    free = plt.figure().add_axes((0.1, 0.2, 0.3, 0.4))  # without a grid to stand in
    for panel in plots.learning_curves(trained[1], ax=free):
        box = panel.get_position()
        assert 0.1 <= box.x0 < box.x1 <= 0.4 + 1e-9
        assert 0.2 <= box.y0 < box.y1 <= 0.6 + 1e-9


# --- weight_histograms, gradient_sizes


def test_the_bars_of_a_histogram_count_the_weights_of_a_layer(trained):
    model, _, _ = trained
    found = plots.weight_histograms(model, bins=7)
    weights = [[w.data for neuron in layer.neurons for w in neuron.w] for layer in model.layers]
    low, high = min(map(min, weights)), max(map(max, weights))
    for panel, numbers in zip(found, weights, strict=True):
        for bar in panel.patches:
            left, right = bar.get_x(), bar.get_x() + bar.get_width()
            inside = sum(left - 1e-9 <= w < right - 1e-9 or (w == high and right > high - 1e-9) for w in numbers)
            assert bar.get_height() == inside
        assert panel.patches[0].get_x() == pytest.approx(low)
        assert panel.get_title().endswith(f"± {np.std(numbers):.2g}")
    assert found[0].get_title().startswith("hidden: 12 tanh, 24 weights, ")
    assert (found[-1].get_xlabel(), found[0].get_ylabel()) == ("weight", "how many")


def test_equal_weights_have_a_histogram_too():
    (panel,) = plots.weight_histograms(Neuron(3, init="zeros"))
    assert sum(bar.get_height() for bar in panel.patches) == 3


def test_gradient_sizes_are_those_of_the_mean_loss():
    # One weight in each of two linear layers, w = 2 and v = 3: y = v w x. Of the loss (y - t)^2 over x = 1, 2 and t = 0
    # the mean is (36 + 144) / 2 = 90; d/dw = 2 * 90 / w = 90, d/dv = 2 * 90 / v = 60.
    model = MLP(1, [1, 1], "linear", init="zeros")
    model.layers[0].neurons[0].w[0].data, model.layers[1].neurons[0].w[0].data = 2.0, 3.0
    before = [p.grad for p in model.parameters()]
    ax = plots.gradient_sizes(model, [[1.0], [2.0]], [0.0, 0.0], loss=losses.squared_error)
    assert list(ax.lines[0].get_ydata()) == pytest.approx([90.0, 60.0])
    assert list(ax.lines[0].get_xdata()) == [1, 2]
    assert ax.get_yscale() == "log"
    assert [p.grad for p in model.parameters()] == before


def test_the_size_is_the_root_of_the_mean_square_over_a_layer():
    # y = w x at w = 0: of (y - 3)^2 for x = (1, 2) the derivatives are 2 (0 - 3) (1, 2) = (-6, -12).
    ax = plots.gradient_sizes(Neuron(2, "linear", init="zeros"), [[1.0, 2.0]], [3.0], loss=losses.squared_error)
    assert list(ax.lines[0].get_ydata()) == pytest.approx([math.sqrt((36.0 + 144.0) / 2.0)])


def test_gradients_of_deep_sigmoids_vanish_towards_the_inputs(moons):
    deep = {name: MLP(2, [5, 5, 5, 5, 5, 5, 1], name, seed=0) for name in ("sigmoid", "relu")}
    ax = plots.gradient_sizes(deep, moons.inputs[:20], moons.targets[:20], loss=BCE)
    assert labels(ax) == ["sigmoid", "relu"]
    sigmoid, relu = (line.get_ydata() for line in ax.lines)
    assert sigmoid[0] < 1e-2 * sigmoid[-1]
    assert relu[0] > 10 * sigmoid[0]
    assert len({(line.get_marker(), str(line.get_linestyle())) for line in ax.lines}) == 2
    with pytest.raises(ValueError, match="1 inputs and 0 targets"):
        plots.gradient_sizes(deep, [[0, 0]], [], loss=BCE)


# --- descent, path, paths_on_contour


def test_each_step_on_a_curve_is_minus_rate_times_slope():
    found = plots.descent(lambda x: x * x, -2.0, [0.1, 1.0], n_steps=3)
    # x <- x - rate 2 x: by 0.8 each time, and from -2 to 2 and back.
    assert list(found[0].lines[1].get_xdata()) == pytest.approx([-2.0, -1.6, -1.28, -1.024])
    assert list(found[1].lines[1].get_xdata()) == [-2.0, 2.0, -2.0, 2.0]
    for panel in found:
        path = panel.lines[1].get_xydata()
        assert path[:, 1] == pytest.approx(path[:, 0] ** 2)
        curve = panel.lines[0].get_xydata()
        assert curve[:, 1] == pytest.approx(curve[:, 0] ** 2)
    assert found[0].get_title() == "learning rate 0.1\n3 steps: x = \N{MINUS SIGN}1.02"
    assert found[0].get_xlim() == found[1].get_xlim()


def test_a_step_that_is_too_large_leaves_the_picture_and_that_is_said():
    (panel,) = plots.descent(lambda x: x * x, 1.0, [2.0], limits=(-4.0, 4.0))  # x <- -3 x: 1, -3, 9
    assert list(panel.lines[1].get_xdata()) == [1.0, -3.0, 9.0]
    assert panel.get_title() == "learning rate 2\noutside after 2 steps"
    assert panel.get_xlim() == (-4.0, 4.0)


def test_a_path_ends_where_numbers_do():
    points = plots.path(lambda v: v[0] ** 4, [10.0], partial(SGD, lr=1.0), 50)
    assert 1 < len(points) < 12
    assert all(math.isfinite(x) for (x,) in points)


def bowl(v):
    return (v[0] - 1.0) ** 2 + 10.0 * v[1] ** 2


def test_the_lines_on_a_contour_are_the_paths():
    makers = {"descent": partial(SGD, lr=0.04), "Adam": partial(Adam, lr=0.2)}
    paths = {name: plots.path(bowl, [-1.0, 1.0], maker, 20) for name, maker in makers.items()}
    # Of descent: x - 1 shrinks by 1 - 2 * 0.04, y by 1 - 20 * 0.04.
    assert paths["descent"][20] == pytest.approx((1.0 - 2.0 * 0.92**20, 0.2**20))
    ax = plots.paths_on_contour(bowl, paths, minimum=[1.0, 0.0])
    for line, (name, points) in zip(ax.lines, paths.items(), strict=False):
        assert [tuple(point) for point in line.get_xydata()] == points
        assert line.get_label() == f"{name}: 20 steps"
    start, minimum = ax.lines[2:]
    assert start.get_xydata().tolist() == [[-1.0, 1.0]]
    assert minimum.get_xydata().tolist() == [[1.0, 0.0]]
    assert len({(line.get_marker(), line.get_color()) for line in ax.lines}) == 4
    assert ax.get_aspect() == 1.0


def test_contour_lines_are_lines_of_one_height():
    ax = plots.paths_on_contour(bowl, {"none": [(0.0, 0.0)]}, limits=((-2.0, 3.0), (-1.0, 1.0)))
    filled, drawn = ax.collections
    inner = drawn.get_paths()[1:-1]
    assert len(inner) > 8
    for path, level in zip(inner, drawn.levels[1:-1], strict=True):
        assert bowl(path.vertices.T) == pytest.approx(level, abs=0.02)
    shades = [colour[0] for colour in filled.get_facecolor()]
    assert shades == sorted(shades)  # the darker, the lower


# --- perceptron_lines


def test_the_perceptron_s_line_passes_where_w_x_plus_theta_is_0():
    inputs = [[0.1, 1.0], [1.2, -0.4], [-0.7, 0.3], [0.9, 0.8], [-1.0, -1.0], [0.2, -0.9], [-0.2, 0.9], [1.5, -1.1]]
    targets = [1, 1, -1, 1, -1, -1, -1, 1]
    record = Perceptron(2).learn(inputs, targets)
    assert record.separated
    assert len(record.updates) > 3
    ax = plots.perceptron_lines(record, inputs, targets)
    drawn = {line.get_gid(): line for line in ax.lines if line.get_gid()}
    assert len(drawn) == sum(any(update.new_weights) for update in record.updates)
    for k, update in enumerate(record.updates, start=1):
        if any(update.new_weights):
            ends = drawn[f"update {k}"].get_xydata()
            assert ends @ update.new_weights + update.new_threshold == pytest.approx(0.0, abs=1e-9)
            assert math.dist(*ends) > math.hypot(np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim()))  # across the picture
    last = drawn[f"update {len(record.updates)}"]
    assert last.get_linewidth() > 2 * drawn["update 1"].get_linewidth()
    assert last.get_label() == f"after the last, update {len(record.updates)}"
    assert ax.get_title() == f"separated: {len(record.updates)} updates, {record.epochs} epochs"


def test_the_arrow_points_to_the_side_of_class_1():
    record = Perceptron(2).learn(CORNERS, [-1, 1, 1, 1])
    ax = plots.perceptron_lines(record, CORNERS, [-1, 1, 1, 1])
    (arrow,) = [text for text in ax.texts if text.arrow_patch is not None]
    update = record.updates[-1]
    assert np.dot(arrow.xyann, update.new_weights) + update.new_threshold == pytest.approx(0.0)
    assert np.dot(arrow.xy, update.new_weights) + update.new_threshold > 0.0
    foot, tip = np.array(arrow.xyann), np.array(arrow.xy)
    assert np.cross([*(tip - foot), 0.0], [*update.new_weights, 0.0])[2] == pytest.approx(0.0)


def test_a_line_without_weights_is_not_drawn():
    # XOR: after the first and the last of the four updates both weights are 0.
    record = Perceptron(2).learn(CORNERS, [-1, 1, 1, -1])
    ax = plots.perceptron_lines(record, CORNERS, [-1, 1, 1, -1])
    assert [line.get_gid() for line in ax.lines if line.get_gid()] == ["update 2", "update 3"]
    assert ax.get_title() == "not separated: 4 updates, 1 epoch (no line separates them)"


def test_a_perceptron_of_three_inputs_has_no_line():
    record = Perceptron(3).learn([[1, 0, 0], [0, 1, 0]], [1, -1])
    with pytest.raises(ValueError, match="perceptron_lines shows a plane, but there are 3 inputs"):
        plots.perceptron_lines(record, [[1, 0], [0, 1]], [1, -1])


# --- animations


def frames_of(path):
    """How many pictures a GIF holds: its graphic control extensions."""
    return len(re.findall(rb"\x21\xf9\x04", path.read_bytes()))


def test_snapshots_keep_the_parameters_of_training(moons):
    snapshots = plots.Snapshots(every=2)
    model = MLP(2, [2, 1], seed=0)
    first = [p.data for p in model.parameters()]
    history = fit(model, moons.inputs, moons.targets, loss=BCE, epochs=5, callbacks=[snapshots], progress=False)
    assert snapshots.epochs == [0, 2, 4, 5]
    assert snapshots.numbers[0] == first
    assert snapshots.numbers[-1] == [p.data for p in model.parameters()]
    assert math.isnan(snapshots.losses[0])
    assert snapshots.losses[1:] == [history["loss"][k] for k in (1, 3, 4)]
    with pytest.raises(ValueError, match="every is 0; wanted a number of epochs"):
        plots.Snapshots(0)


def test_snapshots_keep_the_last_epoch_even_if_early_stopping_takes_it_back(trained):
    model, history, snapshots = trained
    assert snapshots.epochs[-1] == len(history)
    assert snapshots.losses[-1] == history["loss"][-1]
    assert snapshots.numbers[-1] != [p.data for p in model.parameters()]


def test_a_frame_of_training_shows_what_the_model_decided_then(trained, moons, tmp_path):
    model, _, snapshots = trained
    kept = [p.data for p in model.parameters()]
    animation = plots.animated_training(model, snapshots, moons.inputs, moons.targets, resolution=40)
    animation._func(1)
    picture, curve = animation._fig.axes[-2:]
    assert curve.get_title() == "epoch 5"
    shown = picture.images[0].get_array()
    assert list(curve.lines[0].get_xdata()) == [0, 5]
    assert curve.lines[0].get_ydata()[1] == snapshots.losses[1]
    assert [p.data for p in model.parameters()] == kept

    other = MLP(2, [12, 1], "tanh")
    for parameter, x in zip(other.parameters(), snapshots.numbers[1], strict=True):
        parameter.data = x
    expected = plots.decision_regions(other, moons.inputs, moons.targets, resolution=40).images[0].get_array()
    assert np.array_equal(shown, expected)

    path = tmp_path / "training.gif"
    plots.save(animation, path, dpi=40)
    assert path.read_bytes().startswith(b"GIF89a")
    assert frames_of(path) == len(snapshots.epochs)


def test_any_picture_of_the_plane_can_be_animated(trained, moons, tmp_path):
    model, _, snapshots = trained
    animation = plots.animated_training(model, snapshots, moons.inputs, moons.targets, draw=plots.bent_plane)
    animation._func(0)
    assert animation._fig.axes[-2].get_xlabel().startswith("component 1")
    plots.save(animation, tmp_path / "bent.gif", dpi=20)
    with pytest.raises(ValueError, match="the snapshots are not of MLP"):
        plots.animated_training(MLP(2, [1]), snapshots, moons.inputs, moons.targets)


def test_a_picture_of_several_panels_is_drawn_anew_in_each_frame(trained, moons, tmp_path):
    model, _, snapshots = trained
    options = {"draw": plots.hidden_units, "resolution": 20}
    animation = plots.animated_training(model, snapshots, moons.inputs, moons.targets, **options)
    seen = []
    for i in (0, 1, 1):
        animation._func(i)
        seen.append([panel.get_title() for panel in animation._fig.axes])
    units = [title for title in seen[1] if title.startswith("unit ")]
    assert len(units) == 12
    assert seen[1] == seen[2]
    assert len(seen[0]) == len(seen[1])
    plots.save(animation, tmp_path / "units.gif", dpi=20)


def test_animated_paths_go_step_by_step(tmp_path):
    paths = {"a": [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], "b": [(0.0, 0.0), (0.0, 1.0)]}
    animation = plots.animated_paths(bowl, paths)
    for k in range(3):
        lines = animation._func(k)
        for trail, head, points in zip(lines[:2], lines[2:], paths.values(), strict=True):
            done = points[: k + 1]
            assert [tuple(p) for p in trail.get_xydata()] == done
            assert tuple(head.get_xydata()[0]) == done[-1]
    path = tmp_path / "paths.gif"
    plots.save(animation, path, fps=10, dpi=30)
    assert frames_of(path) == 3
    width, height = struct.unpack("<HH", path.read_bytes()[6:10])
    assert width > height
    with pytest.raises(ValueError, match=r"wanted a name that ends in \.gif"):
        plots.save(animation, tmp_path / "paths.mp4")


def test_the_animated_line_of_a_perceptron_is_that_after_each_update(tmp_path):
    targets = [-1, 1, 1, 1]
    record = Perceptron(2).learn(CORNERS, targets)
    animation = plots.animated_perceptron(record, CORNERS, targets)
    for k, update in enumerate(record.updates):
        line, ring = animation._func(k)
        if any(update.weights):
            assert line.get_xydata() @ update.weights + update.threshold == pytest.approx(0.0, abs=1e-9)
        else:
            assert len(line.get_xydata()) == 0
        assert ring.get_xydata().tolist() == [CORNERS[update.sample]]
    line, ring = animation._func(len(record.updates))
    assert line.get_xydata() @ update.new_weights + update.new_threshold == pytest.approx(0.0, abs=1e-9)
    assert len(ring.get_xydata()) == 0  # none is wrong now
    assert line.axes.get_title() == "after 9 updates"
    plots.save(animation, tmp_path / "line.gif", dpi=30)
    assert frames_of(tmp_path / "line.gif") == 10
    with pytest.raises(ValueError, match="has no line that moves"):
        plots.animated_perceptron(Perceptron(2, init=lambda *_: 1.0).learn([[1, 1]], [1]), [[1, 1]], [1])


def test_lines_differ_in_more_than_their_colour():
    looks = [style.line(i) for i in range(7)]
    assert all(a["linestyle"] != b["linestyle"] for a, b in itertools.combinations(looks, 2))
