"""PyTorch in a process of its own, as its tutorials use it: nn.Module, autograd, optim.SGD.

λ is the optimiser's weight_decay, which covers all parameters. Rows are permuted in full each
epoch, by one gather, so that a mini-batch is a view: faster than a gather for each mini-batch and
far faster than DataLoader. With two processes it is the documented Hogwild: a model in shared
memory, each process with an optimiser of its own over half of the rows, one thread each.
"""

import os
import time

import numpy as np
import torch
from torch import multiprocessing

import materials
import pipe

data = {}


def load(threads, npz, kind):
    """`threads` is the number of processes that train; each has one thread."""
    torch.set_num_threads(1)
    X, y = materials.read_dense(npz)
    data.update(kind=kind, X=torch.from_numpy(X), rows=len(y), workers=threads,
                cores=pipe.usable_cores())
    data["y"] = torch.from_numpy(y if kind == "images" else ((y + 1) / 2).astype(np.float32))


def make_model(hidden, seed):
    torch.manual_seed(seed)
    if data["kind"] != "images":
        return torch.nn.Sequential(torch.nn.Linear(data["X"].shape[1], 1, bias=False),
                                   torch.nn.Flatten(0))
    widths = [784, *hidden, 10]
    layers = []
    for i in range(len(widths) - 1):
        layers += [torch.nn.Linear(widths[i], widths[i + 1]), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def train(model, rows, batch, step, epochs):
    loss_of = torch.nn.CrossEntropyLoss() if data["kind"] == "images" \
        else torch.nn.BCEWithLogitsLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=step, weight_decay=1 / data["rows"])
    for _ in range(epochs):
        order = rows[torch.randperm(len(rows))]
        X, y = data["X"][order], data["y"][order]
        for x, target in zip(X.split(batch), y.split(batch)):
            optimiser.zero_grad(set_to_none=True)
            loss_of(model(x), target).backward()
            optimiser.step()


def hogwild_worker(number, model, gate, batch, step, epochs):
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {data["cores"][number]})
    rows = torch.arange(number, data["rows"], data["workers"])
    train(model, rows[:4 * batch], batch, step, 1)
    gate.wait()
    train(model, rows, batch, step, epochs)
    gate.wait()


def train_alone(model, batch, step, epochs):
    rows = torch.arange(data["rows"])
    train(model, rows[:4 * batch], batch, step, 1)
    start = time.perf_counter()
    train(model, rows, batch, step, epochs)
    return time.perf_counter() - start


def train_hogwild(model, batch, step, epochs):
    """Starting the processes and a few warm-up steps are off the clock."""
    model.share_memory()
    processes = multiprocessing.get_context("fork")
    gate = processes.Barrier(data["workers"] + 1)
    started = [processes.Process(target=hogwild_worker,
                                 args=(number, model, gate, batch, step, epochs))
               for number in range(data["workers"])]
    for process in started:
        process.start()
    gate.wait()
    start = time.perf_counter()
    gate.wait()
    seconds = time.perf_counter() - start
    for process in started:
        process.join()
    return seconds


def epoch(save, batch, step, seed, epochs, hidden=()):
    """Seconds an epoch; the parameters go to `save`: w, or W, b, W, b … with W inputs × outputs."""
    model = make_model(hidden, seed)
    run = train_alone if data["workers"] == 1 else train_hogwild
    seconds = run(model, batch, step, epochs) / epochs
    arrays = [parameter.detach().numpy().T for parameter in model.parameters()]
    if data["kind"] == "images":
        np.savez(save, *arrays)
    else:
        np.save(save, arrays[0].ravel())
    return seconds


if __name__ == "__main__":
    pipe.serve({"load": load, "epoch": epoch})
