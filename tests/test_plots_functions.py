"""Pictures of functions, fits, decisions and images: what is drawn is what was computed."""

import math
import random

import numpy as np
import pytest

import autograd
from autograd import Value, grad
from nn import MLP, Neuron, data, fit, layers, losses, plots
from nn.optim import Adam
from nn.plots import style
from nn.recording import outputs

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _closed():
    yield
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")
    for figure in figures:
        figure.canvas.draw()  # what cannot be drawn, or warns, is found here


def labels(lines):
    return [line.get_label() for line in lines]


# --- activations, loss_curves


def without_gaps(line):
    points = line.get_xydata()
    return points[~np.isnan(points).any(axis=1)]


@pytest.mark.parametrize("name", list(layers.ACTIVATIONS))
def test_an_activation_is_drawn_with_the_engine_s_derivative(name):
    (panel,) = plots.activations(name, limits=(-2.0, 2.0))
    function, derivative = panel.lines[:2]
    activation = layers.ACTIVATIONS[name]
    slope = grad(activation)
    for line, of in ((function, lambda x: activation(Value(x)).data), (derivative, slope)):
        points = without_gaps(line)
        assert len(points) == 401
        assert 0.0 in points[:, 0]
        assert all(y == of(x) for x, y in points.tolist())
    assert labels(panel.lines[:2]) == [name, "its derivative"]
    assert function.get_linestyle() != derivative.get_linestyle()
    assert panel.get_xlim() == (-2.0, 2.0)


def test_a_line_is_broken_where_a_function_jumps():
    step, sign, relu, tanh = plots.activations("step", "sign", "relu", "tanh")
    gaps = {
        panel.get_title(): [int(np.isnan(line.get_ydata()).sum()) for line in panel.lines[:2]]
        for panel in (step, sign, relu, tanh)
    }
    assert gaps == {"step": [1, 0], "sign": [2, 0], "relu": [0, 1], "tanh": [0, 0]}
    alone = [line for line in sign.lines if line.get_marker() == "o"]
    assert alone[0].get_xydata().tolist() == [[0.0, 0.0]]  # sign(0) lies on neither side


def test_the_usual_activations_are_shown_and_functions_of_your_own():
    assert [panel.get_title() for panel in plots.activations()] == [
        "step", "sign", "sigmoid", "tanh", "relu", "leaky relu",
    ]  # fmt: skip

    def swish(x):
        return x * autograd.sigmoid(x)

    (panel,) = plots.activations(swish)
    assert panel.get_title() == "swish"
    with pytest.raises(ValueError, match=r"no activation 'rleu'; there are .*did you mean 'relu'"):
        plots.activations("rleu")


def test_losses_are_drawn_for_one_target():
    names = ["hinge", "squared_hinge", "perceptron", "binary_cross_entropy_with_logits"]
    ax = plots.loss_curves(names, target=1, limits=(-4.0, 4.0))
    # By hand, at z = -1 of target 1: 2, 4, 1 and ln(1 + e).
    values = [line.get_ydata()[abs(line.get_xdata() + 1.0).argmin()] for line in ax.lines[:4]]
    assert values == pytest.approx([2.0, 4.0, 1.0, math.log1p(math.e)])
    assert labels(ax.lines[:4]) == [name.replace("_", " ") for name in names]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("output", "loss", "target 1")
    assert len({str(line.get_linestyle()) for line in ax.lines[:4]}) == 3 + 1


def test_derivatives_of_losses_are_drawn_too():
    ax = plots.loss_curves(["hinge", "binary_cross_entropy_with_logits"], derivatives=True)
    hinge, entropy = (without_gaps(line) for line in ax.lines[:2])
    assert all(y == (-1.0 if x < 1.0 else 0.0) for x, y in hinge if abs(x - 1.0) > 1e-9)
    assert entropy[:, 1] == pytest.approx(1.0 / (1.0 + np.exp(-entropy[:, 0])) - 1.0)
    assert ax.get_ylabel() == "∂loss/∂output"


def test_any_loss_can_be_drawn_under_a_name():
    def margin(x, _):
        return losses.margin([(1.0 + x) / 2.0, (1.0 - x) / 2.0], 0, rho=0.5)

    ax = plots.loss_curves({"margin": margin}, limits=(-1.0, 1.0))
    points = without_gaps(ax.lines[0])
    # 1 for x <= 0, 1 - x / rho up to rho, then 0.
    assert points[:, 1] == pytest.approx(np.clip(1.0 - points[:, 0] / 0.5, 0.0, 1.0))
    with pytest.raises(ValueError, match=r"no loss 'hing'; there are .*did you mean 'hinge'"):
        plots.loss_curves(["hing"])


# --- pieces, error_vectors, predictions


@pytest.fixture(scope="module")
def fitted():
    rng = random.Random(0)
    inputs = [[-2.0 + i / 10.0] for i in range(41)]
    targets = [math.sin(2.0 * x) + rng.gauss(0.0, 0.05) for (x,) in inputs]
    model = MLP(1, [5, 1], "tanh", seed=0)
    optimizer = Adam(model.parameters(), lr=0.03)
    fit(model, inputs, targets, loss=losses.squared_error, optimizer=optimizer, epochs=200, progress=False)
    return model, inputs, targets


def test_the_pieces_add_up_to_the_network(fitted):
    model, inputs, targets = fitted
    left, right = plots.pieces(model, inputs, targets, function=lambda x: math.sin(2.0 * x))
    *parts, bias = left.lines
    hidden, (output,) = model.layers[0].neurons, model.layers[1].neurons
    assert len(parts) == 5
    for part, neuron, w in zip(parts, hidden, output.w, strict=True):
        for x, y in part.get_xydata()[::50].tolist():
            assert y == pytest.approx(w.data * neuron([x]).data)
    assert set(bias.get_ydata()) == {output.b.data}
    target, examples, network = right.lines
    assert network.get_ydata() == pytest.approx(sum(part.get_ydata() for part in parts) + output.b.data)
    assert network.get_ydata()[::50] == pytest.approx([model([x]).data for x in network.get_xdata()[::50].tolist()])
    assert target.get_ydata() == pytest.approx(np.sin(2.0 * target.get_xdata()))
    assert examples.get_xydata().tolist() == [[x, t] for (x,), t in zip(inputs, targets, strict=True)]
    assert labels(right.lines) == ["target", "examples", "network"]
    assert left.get_title() == "5 pieces"
    assert right.get_xlim() == (-2.0, 2.0)


def test_a_model_of_another_shape_has_no_pieces():
    for model in (MLP(1, [2, 2, 1]), MLP(1, [2, 2]), MLP(1, [2, 1], output_activation="tanh")):
        with pytest.raises(ValueError, match="one hidden layer and one linear output"):
            plots.pieces(model)
    with pytest.raises(ValueError, match="pieces shows a model of 1 input, but this one has 2"):
        plots.pieces(MLP(2, [2, 1]))


def test_an_error_is_an_arrow_from_the_output_to_its_target(fitted):
    model, inputs, targets = fitted
    given = [[x, y] for (x,), y in zip(inputs, outputs(model, inputs).tolist(), strict=True)]
    wanted = [[x, t] for (x,), t in zip(inputs, targets, strict=True)]
    ax = plots.error_vectors(given, wanted, names=("x", "y"))
    (arrows,) = ax.collections
    assert arrows.XY.tolist() == given
    assert pytest.approx(0.0) == arrows.U
    assert pytest.approx([t[1] - y[1] for y, t in zip(given, wanted, strict=True)]) == arrows.V
    assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1.0)  # as long as the error
    target, output = ax.lines
    assert (target.get_xydata().tolist(), output.get_xydata().tolist()) == (wanted, given)
    assert target.get_marker() != output.get_marker()
    assert ax.get_aspect() == 1.0


def test_the_size_of_the_errors_is_said():
    ax = plots.error_vectors([[0.0, 0.0], [1.0, 1.0]], [[3.0, 4.0], [1.0, 1.0]])
    assert ax.get_title() == f"root mean square of the error: {math.sqrt(12.5):.3g}"
    with pytest.raises(ValueError, match="1 outputs and 2 targets"):
        plots.error_vectors([[0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match="of two numbers"):
        plots.error_vectors([[0.0]], [[0.0]])


def test_predictions_stand_above_what_is_true():
    ax = plots.predictions([1.0, 4.0, 2.0], [1.0, 2.0, 3.0], name="mass in g")
    points, diagonal = ax.lines
    assert points.get_xydata().tolist() == [[1.0, 1.0], [2.0, 4.0], [3.0, 2.0]]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mass in g, true", "mass in g, predicted")
    assert ax.get_title() == f"root mean squared error {math.sqrt(5 / 3):.4g}"
    assert ax.get_xlim() == ax.get_ylim()
    with pytest.raises(ValueError, match="0 predictions and 0 targets"):
        plots.predictions([], [])


# --- confusion_matrix, digits, weight_images


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("sklearn")
    whole = data.digits()
    train, test = whole.split(0.2, 0)
    scaling = data.Scaling.fit(train.inputs, shared=True)
    model = MLP(64, [12, 10], seed=0)
    fit(model, scaling(train.inputs), train.targets, loss=losses.cross_entropy, epochs=3, progress=False)
    decided = outputs(model, scaling(test.inputs)).argmax(axis=1).tolist()
    assert 0 < sum(d != t for d, t in zip(decided, test.targets, strict=True)) < 100
    return model, test, decided


def test_a_cell_counts_how_often_a_class_was_taken_for_another(digits):
    _, test, decided = digits
    ax = plots.confusion_matrix(decided, test.targets, class_names=test.class_names)
    pairs = list(zip(test.targets, decided, strict=True))
    for text in ax.texts:
        j, i = text.get_position()
        assert text.get_text() == (str(pairs.count((i, j))) if (i, j) in pairs else "·")
    assert len(ax.texts) == 100
    for i in range(10):
        row = ax.images[0].get_array()[i]
        assert row.sum() == pytest.approx(1.0)
        assert row[i] == pytest.approx(pairs.count((i, i)) / test.targets.count(i))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("decided", "true")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list("0123456789")
    right = sum(i == j for i, j in pairs)
    assert ax.get_title() == f"{right} of {len(pairs)} right ({right / len(pairs):.1%})"


def test_the_first_class_stands_at_the_top_as_in_a_table():
    ax = plots.confusion_matrix([0, 0, 1, 1, 1], [0, 0, 0, 1, 1], class_names=["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["2", "1", "·", "2"]
    low, high = ax.get_ylim()
    assert low > high
    with pytest.raises(ValueError, match="1 decisions and 2 targets"):
        plots.confusion_matrix([0], [0, 1])


def test_images_are_shown_with_what_was_decided(digits):
    _, test, decided = digits
    n = 30
    ax = plots.digits(test.inputs[:n], decided[:n], test.targets[:n], probabilities=[0.5] * n)
    assert len(ax.images) == len(ax.texts) == n
    places = []
    for image, text, row, d, t in zip(ax.images, ax.texts, test.inputs, decided, test.targets, strict=False):
        assert np.array_equal(image.get_array(), np.reshape(row, (8, 8)))
        left, right, bottom, top = image.get_extent()
        places.append((-top, left))
        assert left < text.get_position()[0] < right
        assert text.get_position()[1] < bottom
        assert text.get_text() == (f"{d} (50%)" if d == t else f"{d} (50%), is {t}")
        assert (text.get_color() == style.NEGATIVE) == (d != t)
    assert places == sorted(set(places))  # as one reads: from left to right, then down
    wrong = sum(d != t for d, t in zip(decided[:n], test.targets[:n], strict=True))
    assert sum(line.get_color() == style.NEGATIVE for line in ax.lines) == wrong > 0
    assert ax.get_title() == f"decisions; {wrong} of {n} wrong, framed"
    assert ax.images[0].norm.vmax == 16.0
    assert ax.images[0].cmap(0.0)[:3] == (1.0, 1.0, 1.0)  # paper is white, ink is dark


def test_images_may_stand_alone_and_need_not_be_square():
    ax = plots.digits([[1, 2, 3, 4, 5, 6]] * 3, shape=(2, 3), columns=2)
    assert np.array_equal(ax.images[0].get_array(), [[1, 2, 3], [4, 5, 6]])
    assert (len(ax.images), len(ax.texts)) == (3, 0)
    with pytest.raises(ValueError, match="6 pixels are no square"):
        plots.digits([[1, 2, 3, 4, 5, 6]])
    with pytest.raises(ValueError, match="3 images and 1 decisions"):
        plots.digits([[0.0]] * 3, [1])
    with pytest.raises(ValueError, match="no images"):
        plots.digits([])


def test_first_layer_weights_are_images_on_one_scale(digits):
    model, _, _ = digits
    ax = plots.weight_images(model)
    weights = [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
    largest = np.abs(weights).max()
    assert len(ax.images) == 12
    for image, row in zip(ax.images, weights, strict=True):
        assert np.array_equal(image.get_array(), np.reshape(row, (8, 8)))
        assert image.get_clim() == (-largest, largest)
    assert ax.images[0].cmap.name == style.diverging().name
    assert ax.get_title() == "weights of the first layer: 12 relu"
    assert plots.weight_images(model, most=5).get_title().endswith("(the first 5 of 12)")
    assert len(plots.weight_images(Neuron(4, seed=0)).images) == 1


# --- style


def luminance(colour):
    """The relative luminance of WCAG 2: 0 for black, 1 for white."""
    channels = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


# The matrices for full severity of Machado, Oliveira, Fernandes, A physiologically-based model for simulation of
# color vision deficiency (2009), over linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("matrix", DEFICIENCIES.values(), ids=DEFICIENCIES)
def test_the_first_colours_differ_for_the_colour_blind(matrix):
    seen = []
    for colour in style.CLASSES[:4]:
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        seen.append(np.clip(np.array(matrix) @ linear, 0.0, 1.0) ** (1 / 2.2))
    distances = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 0.1
    assert np.abs(np.subtract(*seen[:2])).max() > 0.3  # the two that stand for signs


def test_signed_numbers_are_white_at_0_and_differ_in_lightness_where_there_is_no_colour():
    below, zero, above = (style.diverging()(x)[:3] for x in (0.0, 0.5, 1.0))
    assert zero == pytest.approx((1.0, 1.0, 1.0), abs=0.01)
    assert below[0] > below[1] > below[2]
    assert above[2] > above[1] > above[0]
    assert luminance(below) > 3.0 * luminance(above)


def test_text_in_a_cell_can_be_read():
    ax = plots.confusion_matrix([0] * 10 + [1] * 4 + [0] * 6, [0] * 10 + [1] * 10)
    for text in ax.texts:
        x, y = text.get_position()
        behind = luminance(ax.images[0].cmap(ax.images[0].get_array()[y, x])[:3])
        before = luminance(text.get_color())
        contrast = (max(behind, before) + 0.05) / (min(behind, before) + 0.05)
        assert contrast > 4.5  # WCAG 2, level AA
