"""XGBoost's linear booster in a process of its own: parallel coordinate descent ("shotgun").

Its reg_lambda multiplies the number of rows before it meets the summed loss, so reg_lambda = λ
is the regulariser of the mean loss. It always fits a bias, which cannot be switched off and is
not regularised; base_score 0.5 makes its start the margin 0.
"""

import json
import time

import numpy as np
import xgboost

import materials
import pipe

data = {}


def load(threads, npz=None):
    data["threads"] = threads
    if npz:
        X, y = materials.read_sparse(npz)
        data["rows"] = xgboost.DMatrix(X, label=y > 0, nthread=threads)
        sweeps(most=2, step=0.5, selector="cyclic")  # builds the columns, which the matrix keeps


def booster(step, selector):
    parameters = {
        "booster": "gblinear", "updater": "shotgun", "feature_selector": selector,
        "objective": "binary:logistic", "base_score": 0.5, "learning_rate": step,
        "reg_lambda": 1 / data["rows"].num_row(), "reg_alpha": 0, "nthread": data["threads"],
        "disable_default_eval_metric": 1}
    return xgboost.Booster(parameters, [data["rows"]])


def weights_of(model):
    """[w | bias]."""
    state = json.loads(bytes(model.save_raw("json")))
    return np.array(state["learner"]["gradient_booster"]["model"]["weights"])


def sweeps(most, step, selector, save=None):
    """Seconds up to each sweep over all features; with `save`, [w | bias] after each, taken while
    the clock stands."""
    model = booster(step, selector)
    seconds, weights = [0.0], []
    for i in range(most):
        start = time.perf_counter()
        model.update(data["rows"], i)
        seconds.append(seconds[-1] + time.perf_counter() - start)
        if save:
            weights.append(weights_of(model))
    if save:
        np.save(save, weights)
    return seconds[1:]


def epoch(save, more=5):
    """Seconds a sweep, after one that is not timed."""
    model = booster(0.5, "cyclic")
    model.update(data["rows"], 0)
    start = time.perf_counter()
    for i in range(more):
        model.update(data["rows"], i + 1)
    seconds = (time.perf_counter() - start) / more
    np.save(save, weights_of(model))
    return seconds


def read_libsvm(path):
    start = time.perf_counter()
    xgboost.DMatrix(path + "?format=libsvm", nthread=data["threads"], silent=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    pipe.serve({"load": load, "sweeps": sweeps, "epoch": epoch, "read_libsvm": read_libsvm})
