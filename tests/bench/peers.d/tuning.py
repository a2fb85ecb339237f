"""Step sizes, tuned alike: everybody's natural step times the same multipliers, with every
schedule that the program has for it.

The natural step of SGD is sgdbench's automatic one for the mini-batch; for a schedule that falls
as t^−p, the step that equals it half-way through the first epoch; for XGBoost, its default. The
choice is the setting that reaches the target in the fewest epochs, with seed 1; of several, the
one that is lowest there. Time is not looked at, so that noise does not choose.
"""

import dataclasses

import numpy as np

from bench import loss_of

MULTIPLIERS = tuple(2.0**k for k in range(-2, 6))
POINTS = 16   # places in an epoch where training may stop, unless it is at whole epochs
EPOCHS = 2    # of a trial; those that fail all get LONGER
LONGER = 8
SCHEDULES = ("constant", "inverse", "exponential:0.5", "exponential:0.2")


@dataclasses.dataclass(order=True)
class Choice:
    """A setting, and where it first met the target. Ordered by what is better."""
    epochs: float
    loss: float
    setting: dict = dataclasses.field(compare=False)

    def __str__(self):
        words = ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                          for name, value in self.setting.items())
        return f"{words}; {self.epochs:.4g} epochs"


def first_below(losses, target):
    """Index of the first loss that meets the target, or None."""
    return next((i for i, loss in enumerate(losses) if loss <= target), None)


def best(trials, what):
    if not trials:
        raise RuntimeError(f"{what} does not reach the target with any setting of the grid")
    return min(trials)


def natural_step(program, options):
    return float(program.row(*options, "--epochs", "1", "--warmup", "0")["lr"])


def ours(program, options, target):
    """(choice at POINTS an epoch, choice at whole epochs)."""
    natural = natural_step(program, options)
    steps = ",".join(f"{natural * m:.6g}" for m in MULTIPLIERS)
    fine, whole = [], []
    for epochs in (EPOCHS, LONGER):
        rows = program.rows(
            *options, "--lr", steps, "--lr-schedule", ",".join(SCHEDULES), "--repeats", "1",
            "--warmup", "0", "--epochs", str(epochs), "--evaluations", str(epochs * POINTS),
            curves=True)
        for row in rows:
            collect(row, fine, target, natural, 1)
            collect(row, whole, target, natural, POINTS)
        if fine and whole:
            break
    return best(fine, "sgdbench"), best(whole, "sgdbench")


def collect(row, trials, target, natural, every):
    """Adds the first of every so many points of the row's curve that meets the target."""
    for point in row["curve"][::every]:
        if point["loss"] and float(point["loss"]) <= target:
            step = float(row["lr"])
            setting = {"step": step, "times natural": step / natural,
                       "schedule": row["lr_schedule"]}
            trials.append(Choice(float(point["epoch"]), float(point["loss"]), setting))
            return


def sklearn_settings(natural, rows):
    yield {"step": 1.0, "schedule": "optimal", "power": 0.5}  # it chooses its own step
    for m in MULTIPLIERS:
        yield {"step": natural * m, "schedule": "constant", "power": 0.5}
        for power in (0.25, 0.5):
            yield {"step": natural * m * (rows / 2)**power, "schedule": "invscaling",
                   "power": power}


def sklearn_slices(peer, path, natural, target, X, y):
    """Choice at POINTS slices an epoch, by partial_fit."""
    trials = []
    for setting in sklearn_settings(natural, len(y)):
        peer.call("linear_slices", save=path, slices=POINTS, most=EPOCHS * POINTS, seed=1,
                  **setting)
        losses = [loss_of(w, X, y) for w in np.load(path)]
        at = first_below(losses, target)
        if at is not None:
            trials.append(Choice((at + 1) / POINTS, losses[at], setting))
    return best(trials, "scikit-learn's partial_fit")


def sklearn_epochs(peer, path, natural, target, X, y):
    """Choice at whole epochs, by fit. Trials that are behind the best are given up."""
    trials, most = [], LONGER
    for setting in sklearn_settings(natural, len(y)):
        for epochs in range(1, most + 1):
            peer.call("linear_fit", save=path, epochs=epochs, seed=1, **setting)
            loss = loss_of(np.load(path), X, y)
            if loss <= target:
                trials.append(Choice(epochs, loss, setting))
                most = epochs
                break
    return best(trials, "scikit-learn's fit")


def xgboost_sweeps(peer, path, target, X, y):
    """Choice of the step and of the order of the features."""
    trials = []
    for selector in ("cyclic", "shuffle"):
        for m in MULTIPLIERS:
            setting = {"step": 0.5 * m, "selector": selector}
            peer.call("sweeps", save=path, most=LONGER, **setting)
            losses = [loss_of(w, X, y) for w in np.load(path)]
            at = first_below(losses, target)
            if at is not None:
                trials.append(Choice(at + 1, losses[at], setting))
    return best(trials, "XGBoost")
