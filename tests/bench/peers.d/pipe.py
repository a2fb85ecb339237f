"""A peer in a process of its own, with its data loaded once, driven over a pipe.

One JSON object a line each way. A request names a function of the child's module and its
arguments; the answer is what the function returned. The child writes nothing else to that pipe:
what libraries print goes to stderr.

Invariant: the child answers one request at a time, and sleeps in a read between requests, so an
idle peer takes no core from the one that is measured.
"""

import json
import os
import subprocess
import sys

PYTHON = "/usr/bin/python3"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class PeerFailed(Exception):
    """A peer could not do what it was asked; the text is its own."""


def usable_cores():
    return sorted(os.sched_getaffinity(0))


class Peer:
    """The parent's side. `threads` bounds the child's cores and its pools of threads; `pool`
    the pools alone, where each of several processes is to have one thread."""

    def __init__(self, module, threads=1, pool=None, **load):
        self.name = module
        environment = dict(os.environ, **{name: str(pool or threads) for name in THREAD_VARIABLES})
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), module + ".py")
        cores = ",".join(map(str, usable_cores()[:threads]))
        self.process = subprocess.Popen(
            ["taskset", "-c", cores, PYTHON, "-B", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)
        self.call("load", threads=threads, **load)

    def call(self, function, **arguments):
        self.process.stdin.write(json.dumps([function, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise PeerFailed(f"{self.name} ended during {function}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerFailed(f"{self.name}: {function}: {answer['error']}")
        return answer["value"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def serve(functions):
    """The child's side: answers requests with `functions` (name → function) until end of file."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"value": functions[name](**arguments)}
        except Exception as error:  # whatever a library raises is an answer, not the child's end
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
