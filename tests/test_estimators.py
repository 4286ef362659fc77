"""Estimators: scikit-learn's own checks, its own networks as reference, and the places where estimators are used."""

import inspect
import math
import pickle
import warnings

import pytest

pytest.importorskip("sklearn")

import numpy as np
import sklearn.neural_network as reference
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from nn import MLP, estimators, load, save
from nn.estimators import MLPClassifier, MLPRegressor

IRIS = load_iris(return_X_y=True)
FEW = (IRIS[0][40:110:4] - 3.0, IRIS[1][40:110:4])  # 18 of them, of all three classes
SMALL = {"hidden_layer_sizes": (4,), "learning_rate_init": 0.05, "random_state": 0}


def quiet(estimator, x, y):
    """The estimator, trained, whether the loss still improves or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(x, y)


# --- scikit-learn's checks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.filterwarnings("ignore")  # its checks make many
def test_scikit_learn_finds_nothing_wrong(kind):
    results = check_estimator(kind(), on_skip=None)
    assert len(results) > 50
    assert {result["status"] for result in results} <= {"passed", "skipped"}
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_parameters_have_scikit_learn_s_names_and_defaults(name):
    ours = inspect.signature(getattr(estimators, name)).parameters
    theirs = inspect.signature(getattr(reference, name)).parameters
    assert {key: x.default for key, x in ours.items()} == {key: theirs[key].default for key in ours}


# --- scikit-learn's networks ----------------------------------------------------------------------------------------


@pytest.fixture
def same_start(monkeypatch):
    """Networks of both packages begin with the same weights, and biases 0."""

    def weight(n_inputs, n_outputs):
        return np.sin(np.arange(1.0, 1.0 + n_inputs * n_outputs)).reshape(n_inputs, n_outputs)

    def network(n_inputs, widths, activation, **_):
        model = MLP(n_inputs, widths, activation, init="zeros")
        for layer in model.layers:
            weights = weight(len(layer.neurons[0].w), len(layer.neurons))
            for neuron, column in zip(layer.neurons, weights.T, strict=True):
                for w, x in zip(neuron.w, column, strict=True):
                    w.data = x
        return model

    monkeypatch.setattr(estimators, "MLP", network)
    base = reference.MLPClassifier.__mro__[2]
    monkeypatch.setattr(base, "_init_coef", lambda _, n, m, dtype: (weight(n, m), np.zeros(m)))


TASKS = {
    "2 classes": ("MLPClassifier", FEW[0], FEW[1] > 0),
    "3 classes": ("MLPClassifier", *FEW),
    "1 number": ("MLPRegressor", FEW[0][:, :3], FEW[0][:, 3]),
    "2 numbers": ("MLPRegressor", FEW[0][:, :2], FEW[0][:, 2:]),
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity", "relu"])
@pytest.mark.parametrize(
    ("solver", "tolerance"),
    [("sgd", 1e-11), ("adam", 1e-3)],  # their Adam adds eps before the second mean is corrected
)
def test_training_takes_the_path_of_scikit_learn_s_network(task, activation, solver, tolerance, same_start):
    kind, x, y = TASKS[task]
    settings = {
        "hidden_layer_sizes": (3, 2),
        "activation": activation,
        "solver": solver,
        "alpha": 0.5,
        "learning_rate_init": 0.01,
        "max_iter": 20,
        "n_iter_no_change": 20,
        "shuffle": False,
    }
    ours = quiet(getattr(estimators, kind)(**settings), x, y)
    theirs = quiet(getattr(reference, kind)(**settings), x, y)
    assert ours.n_iter_ == theirs.n_iter_ == 20
    if task != "2 numbers":  # there they report the mean over the outputs, and descend the sum
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=tolerance)
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=tolerance, atol=tolerance)
    if kind == "MLPClassifier":
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), rtol=tolerance, atol=tolerance)


def test_the_penalty_is_felt(same_start):
    without, strong = (
        quiet(MLPClassifier((3,), alpha=alpha, max_iter=20, learning_rate_init=0.01), *FEW) for alpha in (0.0, 50.0)
    )
    assert sum((w**2).sum() for w in strong.coefs_) < 0.9 * sum((w**2).sum() for w in without.coefs_)


# --- outputs and decisions ------------------------------------------------------------------------------------------


def test_probabilities_of_two_classes_by_hand():
    x = [[0.0], [1.0], [2.0], [3.0]]
    classifier = quiet(MLPClassifier((), max_iter=1), x, ["no", "no", "yes", "yes"])
    (neuron,) = classifier.model_.layers[0].neurons
    neuron.w[0].data, neuron.b.data = 2.0, -3.0
    assert classifier.classes_.tolist() == ["no", "yes"]
    # z = 2 x - 3: -3, 1 and 97; sigma(z) = 1 / (1 + e**-z). 1.0 - sigma(97) would be 0.0.
    np.testing.assert_allclose(
        classifier.predict_proba([[0.0], [2.0], [50.0]]),
        [
            [0.9525741268224334, 0.04742587317756678],
            [0.2689414213699951, 0.7310585786300049],
            [math.exp(-97.0), 1.0],
        ],
        rtol=1e-15,
    )
    assert classifier.predict([[0.0], [2.0], [50.0]]).tolist() == ["no", "yes", "yes"]


def test_probabilities_of_three_classes_by_hand():
    classifier = quiet(MLPClassifier((), max_iter=1), [[0.0], [1.0], [2.0]], [30, 10, 20])
    for neuron, (w, b) in zip(classifier.model_.layers[0].neurons, [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)], strict=True):
        neuron.w[0].data, neuron.b.data = w, b
    # At 0 the logits are 0, 1, 0: 1 / (2 + e) and e / (2 + e).
    (row,) = classifier.predict_proba([[0.0]])
    assert row.tolist() == pytest.approx([0.21194155761708544, 0.5761168847658291, 0.21194155761708544], rel=1e-15)
    assert classifier.predict([[0.0], [2.0], [-2.0]]).tolist() == [20, 10, 30]  # in the order of classes_


@pytest.mark.parametrize("shape", [(18,), (18, 2)])
def test_predictions_have_the_shape_of_the_targets(shape):
    x = FEW[0]
    y = x[:, 0] if len(shape) == 1 else x[:, :2]
    regressor = quiet(MLPRegressor(**SMALL, max_iter=2), x, y)
    assert regressor.predict(x).shape == shape


def test_a_column_of_targets_is_one_target():
    with pytest.warns(DataConversionWarning):
        regressor = quiet(MLPRegressor(**SMALL, max_iter=2), FEW[0], FEW[0][:, :1])
    assert regressor.predict(FEW[0]).shape == (18,)


# --- training -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "target"), [(MLPClassifier, FEW[1]), (MLPRegressor, FEW[0][:, 0])])
def test_the_same_random_state_gives_the_same_network(kind, target):
    def numbers(random_state):
        estimator = kind((4,), batch_size=5, max_iter=3, random_state=random_state)
        return quiet(estimator, FEW[0], target).model_.state_dict()

    assert numbers(0) == numbers(0) == numbers(np.random.RandomState(0))
    assert numbers(0) != numbers(1)
    assert numbers(None) != numbers(None)


def test_training_that_still_improves_warns_and_training_that_is_done_does_not():
    with pytest.warns(ConvergenceWarning, match="the loss has not settled in 2 epochs; raise max_iter, or scale"):
        MLPClassifier(**SMALL, max_iter=2).fit(*FEW)
    classifier = MLPClassifier(**SMALL, max_iter=1000, tol=0.01).fit(*FEW)  # a warning would be an error
    assert classifier.n_iter_ == len(classifier.history_) == len(classifier.loss_curve_) < 1000
    assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]


@pytest.mark.parametrize(("kind", "target"), [(MLPClassifier, IRIS[1]), (MLPRegressor, IRIS[0][:, 0])])
def test_early_stopping_watches_examples_that_are_held_out(kind, target):
    settings = SMALL | {"learning_rate_init": 0.1, "early_stopping": True, "n_iter_no_change": 3}
    estimator = kind(**settings, validation_fraction=0.2).fit(IRIS[0], target)
    history = estimator.history_
    assert estimator.n_iter_ < estimator.max_iter
    losses = history["validation_loss"]
    assert history.restored_epoch == 1 + losses.index(min(losses))
    assert history.stopped.startswith("validation_loss has not improved for 3 epochs")


def test_ctrl_c_keeps_what_was_learnt_and_says_so(monkeypatch):
    def interrupted(*args, **settings):
        def interrupt(training):
            if training.epoch == 2:
                raise KeyboardInterrupt

        return fit(*args, **settings | {"callbacks": [interrupt]})

    fit = estimators.fit
    monkeypatch.setattr(estimators, "fit", interrupted)
    with pytest.warns(UserWarning, match="training was interrupted after epoch 2"):
        classifier = MLPClassifier(**SMALL).fit(*FEW)
    assert classifier.n_iter_ == 2
    assert classifier.predict(FEW[0]).shape == (18,)


def test_a_network_learns_the_flowers():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((8,), batch_size=20, max_iter=40, random_state=0))
    pipeline.set_params(mlpclassifier__learning_rate_init=0.02)
    assert quiet(pipeline, *IRIS).score(*IRIS) > 0.95


# --- what cannot be -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hidden_layer_sizes": (4, 0)}, ValueError, "hidden_layer_sizes[1] is 0; wanted a whole number of at least 1"),
        ({"hidden_layer_sizes": 2.5}, TypeError, "hidden_layer_sizes[0] is 2.5, a float; wanted a whole number of at"),
        ({"hidden_layer_sizes": "big"}, TypeError, "hidden_layer_sizes[0] is 'b', a str; wanted a whole number of at"),
        ({"activation": "rleu"}, ValueError, "no activation 'rleu'; wanted a callable, or one of "),
        ({"solver": "lbfgs"}, ValueError, "solver is 'lbfgs'; wanted one of 'adam', 'sgd'"),
        ({"alpha": -1.0}, ValueError, "alpha is -1.0; wanted a finite number, 0 or more"),
        ({"alpha": "0.1"}, TypeError, "alpha is '0.1', a str; wanted a finite number, 0 or more"),
        ({"batch_size": 0}, ValueError, "batch_size is 0; wanted a whole number of at least 1"),
        ({"batch_size": "all"}, TypeError, "batch_size is 'all', a str; wanted a whole number of at least 1"),
        ({"learning_rate_init": 0.0}, ValueError, "learning_rate_init is 0.0; wanted a finite number above 0"),
        ({"max_iter": 0}, ValueError, "max_iter is 0; wanted a whole number of at least 1"),
        ({"tol": math.nan}, ValueError, "tol is nan; wanted a finite number, 0 or more"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction is 1.0; wanted a number between 0 and 1"),
        ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change is 0; wanted a whole number of at least 1"),
    ],
)
def test_a_parameter_out_of_its_range_is_named(settings, error, message):
    with pytest.raises(error) as caught:
        MLPClassifier(**settings).fit(*FEW)
    assert str(caught.value).startswith(message)


def test_one_class_is_too_few():
    with pytest.raises(ValueError, match=r"y has only 1 class, a; wanted examples of at least 2"):
        MLPClassifier().fit([[0.0], [1.0]], ["a", "a"])


@pytest.mark.parametrize(
    "refused",
    [
        lambda network, x, y: network.set_params(hidden_layer_sizes=(0,)).fit(x[:, :2], y),
        lambda network, x, y: network.set_params(activation="reel").fit(x[:, :2], y),
        lambda network, x, y: network.fit(x[:, :2], y[1:]),
        lambda network, x, y: network.fit(x[:, :2], np.full(len(y), np.nan)),
        lambda network, x, y: network.set_params(learning_rate_init=1e300, solver="sgd").fit(x[:, :2], y),
    ],
    ids=["widths", "activation", "lengths", "targets", "divergence"],
)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_an_estimator_whose_second_training_failed_is_what_it_was(kind, refused):
    network = quiet(kind(**SMALL, max_iter=2), *FEW)
    learnt = {name: x for name, x in vars(network).items() if name.endswith("_")}
    wanted = network.predict(FEW[0])
    with pytest.raises((ValueError, FloatingPointError)):
        refused(network, *FEW)
    assert {name: x for name, x in vars(network).items() if name.endswith("_")} == learnt
    assert network.n_features_in_ == 4
    assert np.array_equal(network.predict(FEW[0]), wanted)


def test_an_estimator_whose_training_failed_is_not_fitted():
    classifier = MLPClassifier(solver="no such")
    with pytest.raises(ValueError, match="solver"):
        classifier.fit(*FEW)
    with pytest.raises(NotFittedError):
        classifier.predict(FEW[0])


# --- where estimators are used --------------------------------------------------------------------------------------


def test_it_works_in_a_pipeline_that_is_searched_and_cross_validated():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((4,), batch_size=20, max_iter=10, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search = GridSearchCV(pipeline, {"mlpclassifier__learning_rate_init": [1e-6, 0.05]}, cv=2).fit(*IRIS)
        scores = cross_val_score(search.best_estimator_, *IRIS, cv=2)
    assert search.best_params_ == {"mlpclassifier__learning_rate_init": 0.05}
    assert scores.shape == (2,)
    assert scores.min() > 0.7


def test_the_regressor_is_cross_validated():
    x, y = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(), MLPRegressor((), learning_rate_init=0.2, batch_size=20, max_iter=10, random_state=0)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scores = cross_val_score(pipeline, x, (y - y.mean()) / y.std(), cv=2)
    assert scores.min() > 0.3  # a straight line has 0.4 to 0.5


def test_its_decision_boundary_is_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from sklearn.inspection import DecisionBoundaryDisplay

    x = FEW[0][:, :2]
    for target in (FEW[1], FEW[1] > 0):
        classifier = quiet(MLPClassifier(**SMALL, max_iter=2), x, target)
        display = DecisionBoundaryDisplay.from_estimator(classifier, x, grid_resolution=5)
        assert np.shape(display.response)[:2] == (5, 5)
    plt.close("all")


def test_copies_and_files_of_an_estimator_predict_the_same(tmp_path):
    classifier = quiet(MLPClassifier(**SMALL, max_iter=2), *FEW)
    probabilities = classifier.predict_proba(FEW[0]).tolist()
    assert pickle.loads(pickle.dumps(classifier)).predict_proba(FEW[0]).tolist() == probabilities  # noqa: S301 (ours)
    save(classifier.model_, tmp_path / "model.json")
    load(tmp_path / "model.json", into=classifier.model_)
    assert classifier.predict_proba(FEW[0]).tolist() == probabilities
    assert not hasattr(clone(classifier), "model_")
