"""The part of job A-target with loading: whole processes, ours against LIBLINEAR's."""

import math
import time

import liblinear
from arena import Case, Comparison, Contestant, Sample
from pipe import usable_cores

NOTES = [
    "From the start of the process to its end; every process reads the LIBSVM text itself.",
    "LIBLINEAR: C = 1, which is λ = 1/n, no bias, and the loosest -e that reaches the target.",
]


def our_process(target, cores):
    """As many whole epochs as the tuned setting needs, without warm-up, one loss at the end."""
    choice = target.chosen["sequential, batch 1"][1]
    options = [*target.problem("sequential", 1, 1), "--lr", repr(choice.setting["step"]),
               "--lr-schedule", choice.setting["schedule"], "--epochs",
               str(round(choice.epochs)), "--evaluations", "1", "--warmup", "0"]

    def measure(_):
        start = time.perf_counter()
        row = target.bench.program.row(*options, cores=cores)
        seconds = time.perf_counter() - start
        loss = float(row["loss_final"])
        return Sample(seconds if loss <= target.loss else math.nan, loss,
                      {"command": row["command"]})
    return Contestant(f"sequential, whole process on {len(cores)} core(s)", len(cores), measure,
                      str(choice))


def their_process(target, solver):
    model = target.bench.temporary("liblinear.model")
    core = usable_cores()[0]
    tolerance = liblinear.loosest_tolerance(target.text, model, solver, target.loss, target.X,
                                            target.y, core)

    def measure(_):
        seconds = liblinear.train(target.text, model, solver, tolerance, core)
        return Sample(seconds, liblinear.loss(target.X, target.y, model))
    return Contestant(f"LIBLINEAR -s {solver} -e {tolerance}", 1, measure,
                      liblinear.SOLVERS[solver])


def case(target):
    ours = [our_process(target, usable_cores()[:cores]) for cores in (1, 2)]
    theirs = [their_process(target, solver) for solver in liblinear.SOLVERS]
    comparisons = [Comparison(mine, other, 10 if mine is ours[0] else None)
                   for mine in ours for other in theirs]
    contestants = [ours[0], theirs[0], ours[1], theirs[1]]
    return Case("A-target", "whole process", "s to target", contestants, comparisons, list(NOTES))
