"""`MLPClassifier` and `MLPRegressor`: multilayer perceptrons with scikit-learn's `fit`, `predict` and `score`.

They turn tables into examples and outputs into decisions; how the network computes and learns, `nn.MLP` and `nn.fit`
know. scikit-learn is imported at the top, here alone: its classes are built on, and `import nn` does not come here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from autograd import sigmoid, softmax
from nn.callbacks import EarlyStopping, StopTraining, Training
from nn.layers import MLP
from nn.losses import Loss, binary_cross_entropy_with_logits, cross_entropy, squared_error
from nn.optim import SGD, Adam
from nn.penalties import l2
from nn.recording import outputs
from nn.settings import Check, number, one_of, whole
from nn.training import fit
from nn.wording import counted

_SOLVERS: dict[str, Callable[..., Any]] = {"adam": Adam, "sgd": partial(SGD, momentum=0.9, nesterov=True)}

_NAMES = {"identity": "linear", "logistic": "sigmoid"}
"""scikit-learn's names of activations, where they are not ours."""

_CHECKS: dict[str, Check] = {
    "solver": one_of(*_SOLVERS),
    "alpha": number("a finite number, 0 or more", lambda x: 0.0 <= x < math.inf),
    "learning_rate_init": number("a finite number above 0", lambda x: 0.0 < x < math.inf),
    "max_iter": whole(1),
    "tol": number("a finite number, 0 or more", lambda x: 0.0 <= x < math.inf),
    "validation_fraction": number("a number between 0 and 1", lambda x: 0.0 < x < 1.0),
    "n_iter_no_change": whole(1),
}
"""What the parameters of an estimator may be, as far as nobody else checks them."""


def _cost(row: Mapping[str, float]) -> float:
    """What training lowers, of an epoch's row: the loss and the penalty."""
    return row["loss"] + row.get("penalty", 0.0)


class _Stalled:
    """A callback that ends training when the cost has not fallen by tol, below the lowest so far, for some epochs."""

    def __init__(self, patience: int, tol: float) -> None:
        self.patience, self.tol = patience, tol
        self.lowest, self.n_stalled = math.inf, 0

    def __call__(self, training: Training) -> None:
        cost = _cost(training.row)
        self.n_stalled = 0 if cost <= self.lowest - self.tol else self.n_stalled + 1
        self.lowest = min(cost, self.lowest)
        if self.n_stalled >= self.patience:
            raise StopTraining(f"the cost has not fallen by {self.tol:g} for {counted(self.patience, 'epoch')}")


@contextmanager
def _whole_or_not(estimator: BaseEstimator) -> Iterator[None]:
    """After an error in the block the estimator is as it was: what it learnt before, and of which inputs."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both estimators have in common: parameters, training, outputs."""

    model_: MLP

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights of each layer, of shape (n_inputs, n_outputs) as in scikit-learn."""
        return [np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of each layer, of shape (n_outputs,)."""
        return [np.array([neuron.b.data for neuron in layer.neurons]) for layer in self.model_.layers]

    def _train(self, x: Any, targets: Any, n_outputs: int, loss: Loss, classes: Any = None) -> None:
        """Build the network and train it; `classes` are kept in proportion when examples are held out."""
        for name, check in _CHECKS.items():
            check(name, getattr(self, name))
        hidden = self.hidden_layer_sizes
        sizes = hidden if isinstance(hidden, Iterable) else [hidden]
        widths = [whole(1)(f"hidden_layer_sizes[{i}]", size) for i, size in enumerate(sizes)]
        random = check_random_state(self.random_state)
        seeds = [int(seed) for seed in random.randint(2**31 - 1, size=2)]

        validation = None
        if self.early_stopping:
            x, held_out, targets, held_out_targets = train_test_split(
                x, targets, test_size=self.validation_fraction, random_state=random, stratify=classes
            )
            validation = (held_out, held_out_targets)
        batch_size = min(200 if self.batch_size == "auto" else whole(1)("batch_size", self.batch_size), len(x))

        activation = _NAMES.get(self.activation, self.activation)
        model = MLP(x.shape[1], [*widths, n_outputs], activation, seed=seeds[0], init="xavier_uniform")
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        self.history_ = fit(
            model,
            x,
            targets,
            loss=loss,
            optimizer=_SOLVERS[self.solver](model.parameters(), lr=self.learning_rate_init),
            penalty=l2(self.alpha / batch_size, of=weights) if self.alpha else None,
            epochs=self.max_iter,
            batch_size=batch_size,
            shuffle=self.shuffle,
            seed=seeds[1],
            validation=validation,
            callbacks=[(EarlyStopping if self.early_stopping else _Stalled)(self.n_iter_no_change, self.tol)],
            progress=False,
        )
        if self.history_.interrupted:
            warnings.warn(f"training was {self.history_.stopped}", stacklevel=3)
        elif self.history_.stopped.endswith(" done"):  # all epochs: nothing has ended it before
            warnings.warn(
                f"the loss has not settled in {counted(self.max_iter, 'epoch')}; raise max_iter, or scale the inputs",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.model_ = model
        self.n_iter_ = len(self.history_)
        self.loss_curve_ = [_cost(row) for row in self.history_]

    def _outputs(self, x: Any) -> np.ndarray:
        """The network's outputs for a table, of shape (n_samples, n_outputs)."""
        check_is_fitted(self, "model_")
        x = validate_data(self, x, dtype=np.float64, reset=False)
        numbers: np.ndarray = outputs(self.model_, x)
        return numbers.reshape(len(x), -1)


class MLPClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]  # scikit-learn has no types
    """A multilayer perceptron that decides between classes, trained by `nn.fit` on the cross-entropy of its logits.

    It takes the place of `sklearn.neural_network.MLPClassifier`: in a `Pipeline`, `GridSearchCV`, `cross_val_score`,
    `DecisionBoundaryDisplay`. Two classes have one linear output, the logit of the second; K classes have K. Weights
    are drawn as scikit-learn draws them (`xavier_uniform`); biases begin at 0.

    Args:
        hidden_layer_sizes: the width of each hidden layer, or of the only one; () for none.
        activation: of the hidden layers: a name, ours or scikit-learn's.
        solver: "adam", or "sgd" with Nesterov's momentum of 0.9.
        alpha: the L2 penalty; alpha / (2 batch_size) times the sum of the squared weights is added to a batch's loss.
        batch_size: examples in a step, at most all; "auto" is 200.
        learning_rate_init: the learning rate.
        max_iter: epochs, at most.
        shuffle: draw a new order of the examples for each epoch.
        random_state: an int for the same network each time; or a NumPy `RandomState`, or None.
        tol: what counts as an improvement of the cost, which is the loss and the penalty.
        n_iter_no_change: training ends after so many epochs without improvement.
        early_stopping: hold out examples, watch the loss on these instead, and keep the parameters that were best.
        validation_fraction: the share of the examples that is then held out.

    Attributes:
        classes_: the classes, in order.
        model_: the network, an `nn.MLP`, for instance to `nn.save`.
        history_: the `nn.History` of training, of `n_iter_` epochs; `loss_curve_` is the cost of each.
        coefs_, intercepts_: the weights (n_inputs, n_outputs) and biases of each layer.
        n_features_in_, feature_names_in_: the inputs.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier((8,), "tanh", learning_rate_init=0.03, tol=0.001, random_state=0)
    >>> round(classifier.fit(x, y).score(x, y), 2)
    0.98
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 (scikit-learn's name)
        """Train a network; after an error the estimator is what it was.

        Args:
            X: the inputs, of shape (n_samples, n_features): finite numbers.
            y: the class of each.

        Raises:
            ValueError, TypeError: inputs or classes that cannot be used, fewer than two classes, or a parameter out of
                its range.
            DivergenceError: training diverges.

        Warns:
            ConvergenceWarning: the loss has not settled when max_iter ends training.
        """
        with _whole_or_not(self):
            X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806
            check_classification_targets(y)
            classes, indices = np.unique(y, return_inverse=True)
            if len(classes) < 2:
                raise ValueError(f"y has only 1 class, {classes[0]}; wanted examples of at least 2")
            k = len(classes)
            n_outputs, loss = (1, binary_cross_entropy_with_logits) if k == 2 else (k, cross_entropy)
            self._train(X, indices, n_outputs, loss, classes=indices)
            self.classes_ = classes
        return self

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The probability of each class, of shape (n_samples, n_classes), in the order of `classes_`."""
        logits = self._outputs(X).tolist()
        if len(self.classes_) == 2:
            return np.array([[sigmoid(-z), sigmoid(z)] for (z,) in logits])
        return np.array([softmax(z) for z in logits])

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The most probable class of each sample."""
        best = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[best]


class MLPRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]  # scikit-learn has no types
    """A multilayer perceptron that predicts one number or several, trained by `nn.fit` on half the squared error.

    It takes the place of `sklearn.neural_network.MLPRegressor`. Parameters and attributes are those of `MLPClassifier`,
    but for `classes_`. Targets in units far from 1 train slowly: `sklearn.compose.TransformedTargetRegressor` scales
    them.

    >>> regressor = MLPRegressor((), learning_rate_init=0.02, random_state=0)
    >>> regressor.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(1)
    array([7.])
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 (scikit-learn's name)
        """Train a network; after an error the estimator is what it was.

        Args:
            X: the inputs, of shape (n_samples, n_features): finite numbers.
            y: the targets, of shape (n_samples,) or (n_samples, n_outputs): finite numbers.

        Errors and warnings are those of `MLPClassifier.fit`.
        """
        with _whole_or_not(self):
            X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)  # noqa: N806
            try:
                y = y.astype(np.float64)
            except (TypeError, ValueError) as error:
                came = f"y holds what is no number ({error})"
                raise ValueError(f"{came}; MLPClassifier takes names of classes") from error
            if y.ndim == 2 and y.shape[1] == 1:
                y = column_or_1d(y, warn=True)
            self._train(X, y, 1 if y.ndim == 1 else y.shape[1], partial(squared_error, factor=0.5))
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The outputs, of shape (n_samples,) or (n_samples, n_outputs) as the targets were."""
        numbers = self._outputs(X)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
