"""Job V: rules that go on to the optimum, against scikit-learn's SAG and SAGA and LIBLINEAR's dual
coordinate descent: seconds a pass, and seconds to a suboptimality of 1e-6.
"""

import functools
import json
import math
import statistics

from arena import Case, Comparison, Contestant, Sample
from bench import say
from program import details, number, target_sample

SUBOPTIMALITY = 1e-6
PASSES = 5       # of a case in seconds a pass
MOST = 150       # passes to the target
RULES = ("saga", "svrg")
NOTES = [
    "A pass is n example gradients, full gradients included. No bias, raw features, batch 1.",
    "Everybody at the step that it takes by itself: none of them is tuned. With L = max ‖xᵢ‖²/4 + "
    "λ, scikit-learn's is 1/(2L + min(2nλ, L)) for SAGA and 1/L for SAG; sgdbench's 1/(3L), and on "
    "sparse rows at most 1/(L + max λ/d_v).",
    "scikit-learn and LIBLINEAR compute in double, sgdbench in single precision; all are judged by "
    "f in double, after each pass, while the clock stands.",
    "sgdbench visits rows in shuffled blocks, of 4 under saga and of 128 else; scikit-learn draws "
    "them with replacement; LIBLINEAR shuffles all rows.",
]


class Setting:
    """One data set with one λ = 1/(share·n)."""

    def __init__(self, bench, kind, share):
        self.bench = bench
        self.kind, self.share = kind, share
        materials = bench.materials
        self.text, self.npz = materials.dense() if kind == "dense" else materials.sparse()
        self.name = f"{kind}, λ = 1/n" if share == 1 else f"{kind}, λ = 1/({share}n)"
        self.examples = self.info()
        self.l2 = 1 / (share * self.examples)

    def info(self):
        row = self.bench.program.row("--workload", "logreg", "--data", self.text, "--backend",
                                     "sequential", "--epochs", "1", "--evaluations", "1",
                                     "--warmup", "0")
        return int(row["examples"])

    @functools.cached_property
    def optimum(self):
        """f*, proven to 1e-9 of itself."""
        (answer,) = json.loads(self.bench.program.output(
            "optimum", "--workload", "logreg", "--data", self.text, "--l2", repr(self.l2),
            "--format", "json"))
        return answer["optimum"]

    @property
    def target(self):
        return self.optimum + SUBOPTIMALITY

    def options(self, rule):
        return ["--workload", "logreg", "--data", self.text, "--l2", repr(self.l2), "--backend",
                "sequential", "--batch", "1", "--rule", rule]

    @functools.cached_property
    def peer(self):
        return self.bench.peer("child_variance", npz=self.npz, kind=self.kind)


def ours_passes(setting, rule):
    options = [*setting.options(rule), "--epochs", str(PASSES), "--evaluations", "1"]

    def measure(round_):
        row = setting.bench.program.row(*options, "--seed", str(round_ + 1))
        passes = number(row, "gradient_evaluations") / number(row, "examples")
        return Sample(number(row, "wall_s") / passes, number(row, "loss_final"), details(row))
    return Contestant(f"sequential, {rule}", 1, measure)


def sklearn_passes(setting, name):
    def measure(round_):
        seconds, losses = setting.peer.call("passes", saga=name == "SAGA", l2=setting.l2,
                                            target=0, most=PASSES, seed=round_ + 1)
        return Sample(statistics.median(seconds), losses[-1])
    return Contestant(f"scikit-learn {name}", 1, measure)


def pace_case(setting, goal):
    ours = [ours_passes(setting, rule) for rule in ("sgd", *RULES)]
    theirs = [sklearn_passes(setting, name) for name in ("SAGA", "SAG")]
    comparisons = [Comparison(mine, other, goal) for mine in ours[1:] for other in theirs]
    return Case("V", f"{setting.name}, a pass", "s/pass", [*ours, *theirs], comparisons,
                list(NOTES))


def ours_to_target(setting, rule):
    options = [*setting.options(rule), "--target-loss", repr(setting.target)]
    row = setting.bench.program.row(*options, "--epochs", str(MOST), "--evaluations", str(MOST),
                                    "--stop-at-target", "--warmup", "0")
    reached = number(row, "time_to_target_s") is not None
    epochs = math.ceil(number(row, "epochs_to_target")) + 1 if reached else MOST
    timed = [*options, "--epochs", str(epochs), "--evaluations", str(epochs)]
    return Contestant(
        f"sequential, {rule}", 1,
        lambda round_: target_sample(setting.bench.program.row(*timed, "--seed", str(round_ + 1))),
        f"step {number(row, 'lr'):.4g}, " + (f"{number(row, 'epochs_to_target'):.3g} epochs"
                                             if reached else f"not in {MOST} epochs"))


def sklearn_to_target(setting, name, most):
    def measure(round_):
        seconds, losses = setting.peer.call("passes", saga=name == "SAGA", l2=setting.l2,
                                            target=setting.target, most=most, seed=round_ + 1)
        reached = losses[-1] <= setting.target
        return Sample(sum(seconds) if reached else math.nan, losses[-1],
                      {"epochs_to_target": len(seconds) if reached else None})
    return Contestant(f"scikit-learn {name}", 1, measure)


def liblinear_to_target(setting, most_seconds=60):
    """Its iterations are chosen with seed 1: the fewest of a geometric row that meet the target."""
    iterations, loss, seconds = 1, math.inf, 0
    while loss > setting.target and seconds < most_seconds:
        iterations = math.ceil(1.3 * iterations + 1)
        seconds, loss = setting.peer.call("dual", iterations=iterations, l2=setting.l2, seed=1)
    if loss > setting.target:
        return None

    def measure(round_):
        first, _ = setting.peer.call("dual", iterations=1, l2=setting.l2, seed=round_ + 1)
        seconds, loss = setting.peer.call("dual", iterations=iterations, l2=setting.l2,
                                          seed=round_ + 1)
        return Sample((seconds - first) * iterations / (iterations - 1), loss)
    return Contestant("LIBLINEAR dual", 1, measure, f"{iterations} iterations")


def target_case(setting):
    say(f"optimum, {setting.name}")
    ours = [ours_to_target(setting, rule) for rule in RULES]
    say(f"LIBLINEAR, {setting.name}")
    dual = liblinear_to_target(setting)
    theirs = [sklearn_to_target(setting, "SAGA", MOST)]
    goals = [5, 1] if setting.share == 1 else [None, None]
    if dual:
        theirs.append(dual)
    notes = [*NOTES, f"f* = {setting.optimum:.12g}, target f* + 1e-6."]
    if not dual:
        notes.append("LIBLINEAR does not come to the target within a minute: left out.")
    comparisons = [Comparison(mine, other, goal) for mine in ours
                   for other, goal in zip(theirs, goals)]
    return Case("V", f"{setting.name}, to 1e-6", "s to target", [*ours, *theirs], comparisons,
                notes)


def run(bench):
    for kind, goal in (("sparse", 5), ("dense", 8)):
        for share in (1, 100):
            setting = Setting(bench, kind, share)
            if share == 1:
                yield pace_case(setting, goal)
                setting = Setting(bench, kind, share)
            yield target_case(setting)
