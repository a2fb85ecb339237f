"""What every job is given, and the measurements that several jobs share."""

import contextlib
import dataclasses
import os
import sys
import tempfile

import numpy as np

import objective
from arena import Contestant, Sample
from pipe import Peer
from program import epoch_sample

ASYNCHRONOUS = ("hogwild", "downpour")


@dataclasses.dataclass
class Bench:
    program: object
    materials: object
    rounds: int
    quick: bool
    torch: bool

    def __post_init__(self):
        self.open = contextlib.ExitStack()
        self.scratch = self.open.enter_context(tempfile.TemporaryDirectory())

    def peer(self, module, **arguments):
        """A peer's process, ended with the job's `with bench.open`."""
        return self.open.enter_context(Peer(module, **arguments))

    def temporary(self, name):
        return os.path.join(self.scratch, name)

    def close_peers(self):
        self.open.close()
        self.__post_init__()


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def ours(bench, name, workers, options, note=""):
    """A contestant of ours, in seconds an epoch; the seed is the round's."""
    def measure(number):
        return epoch_sample(bench.program.row("--workers", str(workers), "--evaluations", "1",
                                              "--seed", str(number + 1), *options))
    return Contestant(name, workers, measure, note)


def available(bench, backends, notes):
    """Those of `backends` that this build has; a note for each that it has not."""
    found = [name for name in backends if bench.program.knows("backends", name)]
    notes += [f"{name}: not in this build of sgdbench; left out"
              for name in backends if name not in found]
    return found


def judged(seconds, path, X, y):
    """A linear peer's sample: f of the weights it left in `path`, [w] or [w | bias]."""
    return Sample(seconds, loss_of(np.load(path), X, y))


def loss_of(weights, X, y):
    features = X.shape[1]
    bias = weights[features] if len(weights) > features else 0.0
    return objective.logistic(X, y, weights[:features], bias)


def judged_network(seconds, path, X, y):
    """A network's sample; the file holds W, b, W, b …"""
    with np.load(path) as file:
        arrays = [file[name] for name in file.files]
    return Sample(seconds, objective.network(X, y, list(zip(arrays[::2], arrays[1::2]))))
