"""Job A-target: seconds until f ≤ 1.01·f*, loading apart, every step size tuned (tuning.py)."""

import math

import numpy as np

import job_process
import materials
import tuning
from arena import Case, Comparison, Contestant, Sample
from bench import ASYNCHRONOUS, available, loss_of, say
from program import target_sample

NOTES = [
    "Fine: training may stop at any of 16 points of an epoch (scikit-learn: partial_fit on 16 "
    "slices of the rows, each shuffled within). Whole: only where an epoch or sweep ends.",
    "Each round has another seed; the setting was chosen with seed 1. Each point's f is computed "
    "while the clock stands; sgdbench's clock includes the copies of the parameters.",
    "scikit-learn, whole: epochs × seconds an epoch, so its set-up is not counted.",
    "XGBoost's target is that of the problem without a bias, though it has one.",
]


class Target:
    """The sparse problem with its target, and contestants that are timed to it."""

    def __init__(self, bench):
        self.bench = bench
        self.text, self.npz = bench.materials.sparse()
        self.X, self.y = materials.read_sparse(self.npz)
        self.optimum = bench.materials.optimum(self.npz)
        self.loss = 1.01 * self.optimum["optimum"]
        self.notes = [f"f* = {self.optimum['optimum']:.12g} (relative gradient "
                      f"{self.optimum['relative_gradient']:.1e}), target {self.loss:.9g}."]
        self.chosen = {}
        self.notes.append(self.agreement())

    def agreement(self):
        """Whether our program and the peers are judged by the same f: where ours converges to."""
        row = self.bench.program.row(
            *self.problem("sequential", 1, 1), "--epochs", "60", "--lr", "1",
            "--lr-schedule", "exponential:0.88", "--evaluations", "1", "--warmup", "0")
        excess = float(row["loss_final"]) / self.optimum["optimum"] - 1
        return f"sgdbench's own f after 60 epochs of falling steps is f*·(1 + {excess:.1e})."

    def problem(self, backend, workers, batch):
        return ["--workload", "logreg", "--data", self.text, "--backend", backend, "--workers",
                str(workers), "--batch", str(batch), "--target-loss", repr(self.loss)]

    def ours(self, name, options, workers, choice, points):
        epochs = math.ceil(choice.epochs) + 1
        timed = [*options, "--lr", repr(choice.setting["step"]), "--lr-schedule",
                 choice.setting["schedule"], "--epochs", str(epochs), "--evaluations",
                 str(epochs * points)]
        return Contestant(name, workers, lambda number: target_sample(
            self.bench.program.row(*timed, "--seed", str(number + 1))), str(choice))

    def tuned(self, backend, workers, batch):
        """Our (fine, whole) contestants with this backend."""
        name = f"{backend}, batch {batch}"
        say(f"tuning {name}")
        options = self.problem(backend, workers, batch)
        fine, whole = tuning.ours(self.bench.program, options, self.loss)
        self.chosen[name] = (fine, whole)
        self.notes += [f"{name}, {workers} workers, fine: {fine}; whole: {whole}."]
        return (self.ours(name + ", fine", options, workers, fine, tuning.POINTS),
                self.ours(name + ", whole", options, workers, whole, 1))

    def reached(self, seconds, path):
        """Sample of a peer that left its parameters after each of `seconds` in `path`."""
        losses = [loss_of(w, self.X, self.y) for w in np.load(path)]
        at = tuning.first_below(losses, self.loss)
        return Sample(math.nan, losses[-1]) if at is None else Sample(seconds[at], losses[at])


def fastest(contestants, trials=3):
    """The one with the lowest median of a few trials that do not count."""
    def median(one):
        times = sorted(one.measure(number).seconds for number in range(trials))
        return times[trials // 2] if not math.isnan(sum(times)) else math.inf
    return min(contestants, key=median)


def two_workers(target):
    """Our (fine, whole) contestants, each with the backend that suits it best."""
    free = available(target.bench, ASYNCHRONOUS, target.notes)
    pairs = [target.tuned("openmp-sync", 2, batch) for batch in (64, 256, 1024)]
    pairs += [target.tuned(name, 2, 1) for name in free]
    fine, whole = zip(*pairs)
    return fastest(fine), fastest(whole)


def sklearn_fine(target, peer, natural):
    path = target.bench.temporary("slices.npy")
    say("tuning scikit-learn, fine")
    choice = tuning.sklearn_slices(peer, path, natural, target.loss, target.X, target.y)
    target.notes.append(f"scikit-learn, fine: {choice}.")
    most = math.ceil(choice.epochs + 1) * tuning.POINTS

    def measure(number):
        return target.reached(
            peer.call("linear_slices", save=path, slices=tuning.POINTS, most=most,
                      seed=number + 1, **choice.setting), path)
    return Contestant("scikit-learn SGD, fine", 1, measure, str(choice))


def sklearn_whole(target, peer, natural):
    path = target.bench.temporary("epochs.npy")
    say("tuning scikit-learn, whole")
    choice = tuning.sklearn_epochs(peer, path, natural, target.loss, target.X, target.y)
    target.notes.append(f"scikit-learn, whole: {choice}.")

    def measure(number):
        options = dict(choice.setting, seed=number + 1)
        epoch = peer.call("linear_epoch", **options)
        for epochs in range(1, tuning.LONGER + 1):
            peer.call("linear_fit", save=path, epochs=epochs, **options)
            loss = loss_of(np.load(path), target.X, target.y)
            if loss <= target.loss:
                return Sample(epochs * epoch, loss, {"epochs_to_target": epochs})
        return Sample(math.nan, loss)
    return Contestant("scikit-learn SGD, whole", 1, measure, str(choice))


def xgboost_whole(target, threads):
    peer = target.bench.peer("child_xgboost", threads=threads, npz=target.npz)
    path = target.bench.temporary(f"sweeps-{threads}.npy")
    say(f"tuning XGBoost, {threads} threads")
    choice = tuning.xgboost_sweeps(peer, path, target.loss, target.X, target.y)
    target.notes.append(f"XGBoost, {threads} threads: {choice} (sweeps).")

    def measure(_):
        return target.reached(peer.call("sweeps", save=path, most=choice.epochs + 3,
                                        **choice.setting), path)
    return Contestant("XGBoost shotgun, whole", threads, measure, str(choice))


def run(bench):
    target = Target(bench)
    natural = tuning.natural_step(bench.program, target.problem("sequential", 1, 1))
    target.notes.append(f"Natural step: {natural:.4g} for SGD with batch 1, 0.5 for XGBoost; times "
                        f"{', '.join(f'{m:g}' for m in tuning.MULTIPLIERS)}.")
    fine, whole = target.tuned("sequential", 1, 1)
    fine_2, whole_2 = two_workers(target)
    peer = bench.peer("child_sklearn", npz=target.npz)
    sgd_fine, sgd_whole = (make(target, peer, natural) for make in (sklearn_fine, sklearn_whole))
    shotgun = xgboost_whole(target, 2)
    comparisons = [Comparison(fine, sgd_fine, 5), Comparison(whole, sgd_whole, 5),
                   Comparison(fine_2, shotgun, 5), Comparison(whole_2, shotgun, 5)]
    contestants = [fine, sgd_fine, whole, sgd_whole, fine_2, shotgun, whole_2]
    yield Case("A-target", "training alone", "s to target", contestants, comparisons,
               NOTES + target.notes)
    bench.close_peers()
    yield job_process.case(target)
