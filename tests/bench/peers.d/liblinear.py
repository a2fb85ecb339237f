"""LIBLINEAR's command-line trainer: whole processes, loading included.

It minimises ½‖w‖² + C·∑ᵢ ℓᵢ without a bias unless -B asks for one; divided by n, with λ = 1/n,
that is our objective at C = 1. It has no time for training alone, and none for reading.
"""

import os
import subprocess
import time

import numpy as np

import objective

TOLERANCES = (1000, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
SOLVERS = {0: "trust-region Newton", 7: "dual coordinate descent"}


def train(text, model, solver, tolerance, core):
    """Seconds of the whole process, tied to one core."""
    command = ["taskset", "-c", str(core), "liblinear-train", "-q", "-s", str(solver), "-c", "1",
               "-e", str(tolerance), text, model]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def weights(model):
    """w of a model file, turned so that a positive margin is label 1."""
    with open(model, encoding="utf-8") as file:
        for line in file:
            if line.startswith("label"):
                sign = float(line.split()[1])
            if line.strip() == "w":
                return sign * np.array([float(value) for value in file])
    raise ValueError(f"{os.path.basename(model)} is no LIBLINEAR model")


def loss(X, y, model):
    w = np.zeros(X.shape[1])
    found = weights(model)
    w[:len(found)] = found
    return objective.logistic(X, y, w)


def loosest_tolerance(text, model, solver, target, X, y, core):
    """The largest of TOLERANCES whose solution is at most `target`."""
    for tolerance in TOLERANCES:
        train(text, model, solver, tolerance, core)
        if loss(X, y, model) <= target:
            return tolerance
    raise RuntimeError(f"LIBLINEAR -s {solver} does not reach the target")
