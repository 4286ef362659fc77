"""How good the estimators are, beside scikit-learn's own of the same size: same splits, same seeds, same scaling.

    python tests/benchmarks/accuracy.py [--seeds 40] [digits iris cancer diabetes]

Both have the same parameters, and Adam with its defaults; each seed makes the split (a quarter is the test set), the
weights and the order of the examples. Inputs, and the targets of diabetes, are scaled by the training set. Printed are
test accuracies, for diabetes R2, and the mean difference with its standard error: the test set of iris has 38 flowers,
so that one seed says little. The command fails if a mean is more than one point below.
"""

from __future__ import annotations

import argparse
import math
import sys
import warnings
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2]))

import sklearn.neural_network
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nn import estimators

SETS = {
    "digits": (datasets.load_digits, "MLPClassifier", {"hidden_layer_sizes": (32,), "max_iter": 100}),
    "iris": (datasets.load_iris, "MLPClassifier", {"hidden_layer_sizes": (16,), "learning_rate_init": 0.01}),
    "cancer": (datasets.load_breast_cancer, "MLPClassifier", {"hidden_layer_sizes": (16,)}),
    "diabetes": (datasets.load_diabetes, "MLPRegressor", {"hidden_layer_sizes": (16,)}),
}
ALLOWED = 1.0
"""Points, hundredths of accuracy or of R2, that ours may be below."""


def scored(package, name, seed):
    """The test score of one package's estimator, and the seconds that training took."""
    loader, kind, settings = SETS[name]
    x, y = loader(return_X_y=True)
    classes = y if kind == "MLPClassifier" else None
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=classes)
    estimator = make_pipeline(StandardScaler(), getattr(package, kind)(**settings, random_state=seed))
    if classes is None:
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # both train for max_iter epochs at most
        estimator.fit(x, y)
    return estimator.score(x_test, y_test), perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description="Compare test scores with scikit-learn's own networks.")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all if none is named")
    parser.add_argument("--seeds", type=int, default=40, help="how many, at least 2 (default: 40)")
    options = parser.parse_args()
    if unknown := set(options.sets) - set(SETS):
        parser.error(f"no set {', '.join(unknown)}; there are {', '.join(SETS)}")
    print(f"test scores over {options.seeds} seeds: mean (least to most); seconds of training for one seed")
    below = []
    for name in options.sets or SETS:
        scores = []
        for package in (estimators, sklearn.neural_network):
            found, seconds = zip(*(scored(package, name, seed) for seed in range(options.seeds)), strict=True)
            who = package.__name__.split(".")[0]
            print(
                f"{name:9} {who:8} {mean(found):7.4f}  ({min(found):.4f} to {max(found):.4f})  {mean(seconds):6.2f} s",
                flush=True,
            )
            scores.append(found)
        points = [100.0 * (ours - theirs) for ours, theirs in zip(*scores, strict=True)]
        error = stdev(points) / math.sqrt(len(points))
        print(f"{name:9} {'':8} {mean(points):+7.2f}  +- {error:.2f} points\n", flush=True)
        if mean(points) < -ALLOWED:
            below.append(name)
    if below:
        sys.exit(f"more than {ALLOWED:g} point below scikit-learn: {', '.join(below)}")


if __name__ == "__main__":
    main()
