"""Job load: reading job A's LIBSVM text, which lies in the page cache after a first reading."""

import os
import re

from arena import Case, Comparison, Contestant, Sample
from pipe import usable_cores

NOTES = [
    "sgdbench: the time that `data info` gives for loading, in a fresh process each time.",
    "One thread is one core: readers that start helper threads share it.",
    "LIBLINEAR reports no reading time and cannot be made to read alone: left out.",
]
UNITS = {"ms": 1e-3, "s": 1.0, "µs": 1e-6}


def our_reader(bench, text, cores):
    def measure(_):
        output = bench.program.output("data", "info", text, cores=cores)
        amount, unit = re.search(r"loaded in\s+([\d.]+) (\S+),", output).groups()
        return Sample(float(amount) * UNITS[unit])
    measure(0)
    return Contestant("sgdbench", len(cores), measure)


def peer_reader(bench, name, module, text, threads):
    peer = bench.peer(module, threads=threads)

    def measure(_):
        return Sample(peer.call("read_libsvm", path=text))
    measure(0)
    return Contestant(name, threads, measure)


def run(bench):
    text, _ = bench.materials.sparse()
    ours = [our_reader(bench, text, usable_cores()[:threads]) for threads in (1, 2)]
    xgboost = [peer_reader(bench, "XGBoost DMatrix", "child_xgboost", text, threads)
               for threads in (1, 2)]
    sklearn = peer_reader(bench, "scikit-learn load_svmlight_file", "child_sklearn", text, 1)
    comparisons = [Comparison(ours[0], xgboost[0], 2), Comparison(ours[1], xgboost[1], 3.5),
                   Comparison(ours[0], sklearn)]
    contestants = [ours[0], xgboost[0], ours[1], xgboost[1], sklearn]
    return [Case("load", "LIBSVM text", "s", contestants, comparisons, list(NOTES),
                 megabytes=os.path.getsize(text) / 1e6)]
