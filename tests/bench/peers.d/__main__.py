"""Peers against sgdbench: the command's options, and its jobs one after the other."""

import argparse
import os
import shlex
import subprocess
import sys

import arena
import environment
import job_dense
import job_load
import job_network
import job_sparse
import job_target
import job_variance
import report
from bench import Bench, say
from materials import Materials
from pipe import PeerFailed
from program import Program

JOBS = {
    "A": (job_sparse, "sparse logistic regression, seconds an epoch"),
    "A-target": (job_target, "the same to 1 % above the optimum, with and without loading"),
    "B": (job_dense, "dense logistic regression in mini-batches, seconds an epoch"),
    "V": (job_variance, "variance reduction: seconds a pass, and to 1e-6 above the optimum"),
    "C": (job_network, "multi-layer perceptrons on Fashion-MNIST, seconds an epoch"),
    "load": (job_load, "reading LIBSVM text"),
}


def job_list(value):
    names = value.split(",")
    for name in names:
        if name not in JOBS:
            raise argparse.ArgumentTypeError(f"no job is called '{name}'; there are "
                                             f"{', '.join(JOBS)}")
    return names


def positive(value):
    if not value.isdigit() or int(value) == 0:
        raise argparse.ArgumentTypeError(f"'{value}' is no number of rounds from 1")
    return int(value)


def parse(arguments):
    jobs = "\n".join(f"  {name:<10}{summary}" for name, (_, summary) in JOBS.items())
    parser = argparse.ArgumentParser(
        prog="peers", description="Installs the peers, makes the data, and times peers and "
        "sgdbench in turn.\n\njobs:\n" + jobs,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    parser.add_argument("--jobs", type=job_list, default=list(JOBS), metavar="NAME,…",
                        help="which jobs [all]")
    parser.add_argument("--rounds", type=positive, help="rounds [5, or 2 with --quick]")
    parser.add_argument("--torch", action="store_true", help="PyTorch too, a large package")
    parser.add_argument("--quick", action="store_true", help="small data, to try it")
    parser.add_argument("--out", metavar="DIR", help="where report.md and the CSVs go")
    parser.add_argument("--data-dir", metavar="DIR", help="where the data is kept [%(default)s]",
                        default=os.path.join(cache, "sgdbench-peers"))
    return parser.parse_args(arguments)


def binary():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
    path = os.environ.get("SGDBENCH") or os.path.join(root, "build", "release", "sgdbench")
    if not os.access(path, os.X_OK):
        sys.exit(f"peers: no program at {os.path.normpath(path)}: build it (cli/quickstart), or "
                 "name one in SGDBENCH")
    return os.path.abspath(path)


def command_of(options, rounds):
    """The command that repeats the measurement; where files lie is no part of it."""
    return shlex.join(["tests/bench/peers", "--jobs", ",".join(options.jobs), "--rounds",
                       str(rounds), *(["--torch"] if options.torch else []),
                       *(["--quick"] if options.quick else [])])


def run_job(name, bench):
    """The job's cases, measured; peers live as long as their case."""
    try:
        for case in JOBS[name][0].run(bench):
            yield arena.alternate(case, bench.rounds)
            bench.close_peers()
    finally:
        bench.close_peers()


def run_jobs(options, bench, finished):
    """Calls `finished` with all cases so far after each. True if no job failed."""
    cases, good = [], True
    for name in options.jobs:
        say(f"job {name}")
        try:
            for case in run_job(name, bench):
                cases.append(case)
                finished(cases)
        except (PeerFailed, RuntimeError, OSError, subprocess.CalledProcessError) as error:
            say(f"job {name} failed: {error}")
            good = False
    if cases:
        print(report.table(cases))
    return good


def main():
    options = parse(sys.argv[1:])
    os.makedirs(options.data_dir, exist_ok=True)
    program = Program(binary(), options.data_dir)
    facts = environment.describe(program)
    rounds = options.rounds or (2 if options.quick else 5)
    bench = Bench(program, Materials(program, options.quick), rounds, options.quick,
                  options.torch)

    def finished(cases):
        if options.out:
            report.write(options.out, cases, facts, command_of(options, rounds))
    sys.exit(0 if run_jobs(options, bench, finished) else 1)


main()
