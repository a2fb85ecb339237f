"""Solvers that go on to the optimum, in a process of their own: scikit-learn's SAG and SAGA, and
LIBLINEAR's dual coordinate descent, which scikit-learn has built in.

SAG and SAGA are called a pass at a time, each call going on from the memory of the one before:
what LogisticRegression(solver="saga") itself calls, whose α is λ·n. Rows are in the type that it
computes in (double), and checked before. LIBLINEAR minimises ½‖w‖² + C·∑ᵢ ℓᵢ, C = 1/(λ·n); the
time of a first iteration alone, in which it copies the rows, is taken off.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._sag import sag_solver
from sklearn.utils.extmath import row_norms

import materials
import objective
import pipe

warnings.simplefilter("ignore", ConvergenceWarning)
data = {}


def load(threads, npz, kind):
    X, y = (materials.read_sparse if kind == "sparse" else materials.read_dense)(npz)
    data["X"] = X.astype(np.float64)
    data["y"] = np.ascontiguousarray(y, dtype=np.float64)
    data["largest"] = row_norms(data["X"], squared=True).max()


def passes(saga, l2, target, most, seed):
    """Seconds of each pass and f after it, until f ≤ target or for `most` of them."""
    X, y = data["X"], data["y"]
    memory, seconds, losses = {}, [], []
    while len(losses) < most and (not losses or losses[-1] > target):
        start = time.perf_counter()
        w, _, memory = sag_solver(
            X, y, np.ones(len(y)), "log", l2 * len(y), 0.0, 1, 0.0, 0, seed * most + len(losses),
            False, data["largest"], memory, is_saga=saga)
        seconds.append(time.perf_counter() - start)
        losses.append(objective.logistic(X, y, w, l2=l2))
    return seconds, losses


def dual(iterations, l2, seed):
    """(seconds, f) of a fit of so many iterations over all rows."""
    X, y = data["X"], data["y"]
    model = LogisticRegression(solver="liblinear", dual=True, C=1 / (l2 * len(y)), tol=1e-12,
                               fit_intercept=False, max_iter=iterations, random_state=seed)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    return seconds, objective.logistic(X, y, model.coef_[0], l2=l2)


if __name__ == "__main__":
    pipe.serve({"load": load, "passes": passes, "dual": dual})
