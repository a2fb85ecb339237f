"""Contestants, measured in turn, and the comparisons drawn from their times.

Rounds alternate: every contestant is measured once in each round, one after the other, so that
what a shared machine does to one it does to its neighbour in time. A ratio is the median of the
rounds' ratios, not the ratio of two medians.
"""

import dataclasses
import math
import statistics
import sys


@dataclasses.dataclass
class Sample:
    """One measurement. `details` are the columns that only some contestants have."""
    seconds: float
    loss: float = math.nan
    details: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Contestant:
    name: str
    threads: int
    measure: object                 # round number → Sample
    note: str = ""
    samples: list = dataclasses.field(default_factory=list)

    def seconds(self):
        return [sample.seconds for sample in self.samples]

    def median(self):
        """NaN where a round missed its target."""
        seconds = self.seconds()
        return math.nan if any(map(math.isnan, seconds)) else statistics.median(seconds)

    def detail(self, name):
        values = [s.details[name] for s in self.samples if s.details.get(name) is not None]
        return statistics.median(values) if values else None


@dataclasses.dataclass
class Comparison:
    """How many times longer than `ours` the `other` takes; `goal` is the least that is wanted.
    A `parallel` goal is one of two workers over one."""
    ours: Contestant
    other: Contestant
    goal: float = None
    parallel: bool = False
    note: str = ""

    def ratio(self):
        """NaN where a round of either missed its target."""
        ratios = [o / m for o, m in zip(self.other.seconds(), self.ours.seconds())]
        return math.nan if any(map(math.isnan, ratios)) else statistics.median(ratios)

    def normalised(self):
        """The ratio that the machine would show if it delivered a core for each worker: each
        round's is divided by the share of them that was measured beside it. None without one."""
        shares = [min(1.0, s.details["parallel_capacity"] / self.ours.threads)
                  for s in self.ours.samples if s.details.get("parallel_capacity")]
        if not self.parallel or len(shares) < len(self.ours.samples):
            return None
        times = zip(self.other.seconds(), self.ours.seconds(), shares)
        return statistics.median(o / m / share for o, m, share in times)

    def verdict(self):
        if self.goal is None:
            return ""
        if math.isnan(self.ratio()):
            return "no: target missed"
        if self.ratio() >= self.goal:
            return "yes"
        normalised = self.normalised()
        if normalised is None:
            return "no"
        return f"{'yes' if normalised >= self.goal else 'no'}, normalised {normalised:.3g}"


@dataclasses.dataclass
class Case:
    """Contestants that run in the same rounds; `unit_note` says what `seconds` are."""
    job: str
    title: str
    quantity: str
    contestants: list
    comparisons: list
    notes: list = dataclasses.field(default_factory=list)
    megabytes: float = None         # per run, where MB/s says more than seconds


def alternate(case, rounds):
    """Fills in the samples. Warming up is the contestants' own affair."""
    for number in range(rounds):
        for contestant in case.contestants:
            sample = contestant.measure(number)
            contestant.samples.append(sample)
            print(f"peers: {case.job} {case.title}: round {number + 1} of {rounds}: "
                  f"{contestant.name} {sample.seconds:.4g} s", file=sys.stderr, flush=True)
    return case
