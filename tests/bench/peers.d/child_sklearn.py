"""scikit-learn in a process of its own: SGDClassifier, MLPClassifier and the LIBSVM reader.

SGDClassifier is given λ as alpha, no intercept, no stopping rule (tol=None), and rows in the type
it computes in (double), so that no call converts them. MLPClassifier divides alpha by the
mini-batch's size, so alpha = λ·batch; it leaves its biases out of the regulariser.
"""

import time
import warnings

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

import materials
import pipe

warnings.simplefilter("ignore", ConvergenceWarning)
data = {}


def load(threads, npz=None, kind="sparse"):
    if npz is None:
        return
    X, y = (materials.read_sparse if kind == "sparse" else materials.read_dense)(npz)
    data["X"] = X if kind == "images" else X.astype(np.float64)
    data["y"] = y


def linear(step, schedule, power, seed, epochs=1):
    return SGDClassifier(
        loss="log_loss", alpha=1 / len(data["y"]), fit_intercept=False, shuffle=True, tol=None,
        learning_rate=schedule, eta0=step, power_t=power, max_iter=epochs, random_state=seed)


def network(hidden, batch, step, seed, epochs):
    return MLPClassifier(
        hidden, solver="sgd", alpha=batch / len(data["y"]), batch_size=batch, momentum=0,
        nesterovs_momentum=False, learning_rate_init=step, max_iter=epochs, shuffle=True, tol=0,
        n_iter_no_change=10**6, random_state=seed)


def seconds_of_fit(model):
    start = time.perf_counter()
    model.fit(data["X"], data["y"])
    return time.perf_counter() - start


def linear_epoch(save=None, more=5, **options):
    """Seconds an epoch: fit(more + 1 epochs) − fit(1 epoch), which leaves the set-up out."""
    short = seconds_of_fit(linear(epochs=1, **options))
    model = linear(epochs=more + 1, **options)
    seconds = (seconds_of_fit(model) - short) / more
    if save:
        np.save(save, model.coef_[0])
    return seconds


def linear_fit(save, **options):
    """Saves w after so many epochs."""
    model = linear(**options)
    seconds_of_fit(model)
    np.save(save, model.coef_[0])


def linear_slices(save, slices, most, **options):
    """Seconds up to each slice of rows given to partial_fit, with w after each in `save`.
    The clock stands while w is copied and the rows are sliced."""
    model = linear(**options)
    ends = np.linspace(0, len(data["y"]), slices + 1).astype(int)
    seconds, weights = [0.0], []
    for i in range(most):
        rows = slice(ends[i % slices], ends[i % slices + 1])
        X, y = data["X"][rows], data["y"][rows]
        start = time.perf_counter()
        model.partial_fit(X, y, classes=[-1, 1])
        seconds.append(seconds[-1] + time.perf_counter() - start)
        weights.append(model.coef_[0].copy())
    np.save(save, weights)
    return seconds[1:]


def network_epoch(save, more, **options):
    short = seconds_of_fit(network(epochs=1, **options))
    model = network(epochs=more + 1, **options)
    seconds = (seconds_of_fit(model) - short) / more
    arrays = [array for layer in zip(model.coefs_, model.intercepts_) for array in layer]
    np.savez(save, *arrays)
    return seconds


def read_libsvm(path):
    start = time.perf_counter()
    load_svmlight_file(path)
    return time.perf_counter() - start


if __name__ == "__main__":
    pipe.serve({"load": load, "linear_epoch": linear_epoch, "linear_fit": linear_fit,
                "linear_slices": linear_slices, "network_epoch": network_epoch,
                "read_libsvm": read_libsvm})
