"""Job B: seconds an epoch of dense logistic regression, covtype-like, mini-batches."""

import materials
from arena import Case, Comparison, Contestant
from bench import ASYNCHRONOUS, available, judged, ours

EPOCHS = 5
STEP = 0.5
BATCHES = (64, 1024)
NOTES = [
    "f is listed after 5 epochs, and after 6 for scikit-learn, whose first one is not timed.",
    "scikit-learn has no mini-batches: its updates are of one example, in double.",
    "Features lie in [0, 1] and are not standardised. All with step size 0.5 and no bias.",
    "sgdbench shuffles blocks of 128 rows, the peers all rows, each epoch.",
]


def pytorch(bench, npz, X, y, batch):
    peer = bench.peer("child_torch", npz=npz, kind="dense")
    path = bench.temporary(f"torch-{batch}.npy")

    def measure(number, epochs=EPOCHS):
        seconds = peer.call("epoch", save=path, batch=batch, step=STEP, seed=number + 1,
                            epochs=epochs)
        return judged(seconds, path, X, y)
    measure(0, epochs=1)
    return Contestant("PyTorch", 1, measure)


def sklearn_sgd(bench, npz, X, y):
    peer = bench.peer("child_sklearn", npz=npz, kind="dense")
    path = bench.temporary("sklearn.npy")

    def measure(number):
        seconds = peer.call("linear_epoch", save=path, more=EPOCHS, step=0.01,
                            schedule="constant", power=0.5, seed=number + 1)
        return judged(seconds, path, X, y)
    measure(0)
    return Contestant("scikit-learn SGDClassifier", 1, measure, "batch 1, step size 0.01")


def case(bench, text, npz, X, y, batch):
    problem = ["--workload", "logreg", "--data", text, "--batch", str(batch), "--lr", str(STEP),
               "--epochs", str(EPOCHS)]
    notes = list(NOTES)
    alone = ours(bench, "sequential", 1, [*problem, "--backend", "sequential"])
    together = [ours(bench, name, 2, [*problem, "--backend", name])
                for name in available(bench, ("openmp-sync", *ASYNCHRONOUS), notes)]
    sgd = sklearn_sgd(bench, npz, X, y)
    peers = [pytorch(bench, npz, X, y, batch)] if bench.torch else []
    comparisons = [*[Comparison(alone, peer, 8) for peer in peers], Comparison(alone, sgd)]
    comparisons += [Comparison(mine, alone, 1.5, parallel=True, note="one backend is enough")
                    for mine in together]
    contestants = [alone, *peers, *together, sgd]
    return Case("B", f"dense logistic regression, batch {batch}", "s/epoch", contestants,
                comparisons, notes)


def run(bench):
    text, npz = bench.materials.dense()
    X, y = materials.read_dense(npz)
    for batch in BATCHES:
        yield case(bench, text, npz, X.astype(float), y, batch)
