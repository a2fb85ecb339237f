"""Job A: seconds an epoch of sparse logistic regression, rcv1-like, λ = 1/n."""

import materials
from arena import Case, Comparison, Contestant
from bench import ASYNCHRONOUS, available, judged, ours

EPOCHS = 5
STEP = 0.4
NOTES = [
    "f is listed after 5 epochs, and after 6 for the peers, whose first one is not timed. Step "
    "sizes are not tuned here: job A-target does that.",
    "sgdbench visits rows in shuffled blocks of 128 unless it says full; scikit-learn shuffles in "
    "full each epoch; XGBoost sweeps over features, in file order.",
    "scikit-learn computes in double, XGBoost and sgdbench in single precision.",
    "scikit-learn: (fit of 6 epochs − fit of 1 epoch) / 5. XGBoost: 5 sweeps after one untimed.",
    "XGBoost fits a bias, which cannot be switched off; nobody else has one.",
]


def sklearn_sgd(bench, npz, X, y):
    peer = bench.peer("child_sklearn", npz=npz)
    path = bench.temporary("sklearn.npy")

    def measure(number):
        seconds = peer.call("linear_epoch", save=path, more=EPOCHS, step=STEP,
                            schedule="constant", power=0.5, seed=number + 1)
        return judged(seconds, path, X, y)
    measure(0)
    return Contestant("scikit-learn SGDClassifier", 1, measure)


def xgboost_shotgun(bench, npz, X, y, threads):
    peer = bench.peer("child_xgboost", threads=threads, npz=npz)
    path = bench.temporary(f"xgboost-{threads}.npy")

    def measure(_):
        return judged(peer.call("epoch", save=path, more=EPOCHS), path, X, y)
    return Contestant("XGBoost shotgun", threads, measure)


def one_worker(bench, text):
    def sequential(order):
        return ours(bench, f"sequential, {order}", 1, [*problem(text), "--backend", "sequential",
                                                       "--batch", "1", "--shuffle", order])
    return sequential("blocks:128"), sequential("full")


def two_workers(bench, text, notes):
    """(openmp-sync, the asynchronous ones)."""
    sync = ours(bench, "openmp-sync, batch 1024", 2,
                [*problem(text), "--backend", "openmp-sync", "--batch", "1024"])
    free = [ours(bench, name, 2, [*problem(text), "--backend", name, "--batch", "1"])
            for name in available(bench, ASYNCHRONOUS, notes)]
    return sync, free


def problem(text):
    return ["--workload", "logreg", "--data", text, "--lr", str(STEP), "--epochs", str(EPOCHS)]


def run(bench):
    text, npz = bench.materials.sparse()
    X, y = materials.read_sparse(npz)
    notes = list(NOTES)
    blocks, full = one_worker(bench, text)
    sync, free = two_workers(bench, text, notes)
    sgd = sklearn_sgd(bench, npz, X, y)
    shotgun = [xgboost_shotgun(bench, npz, X, y, threads) for threads in (1, 2)]
    comparisons = [
        Comparison(blocks, sgd, 5), Comparison(full, sgd, 2), Comparison(blocks, shotgun[0]),
        *[Comparison(mine, shotgun[1]) for mine in (sync, *free)],
        Comparison(sync, blocks, 1.4, parallel=True),
        *[Comparison(mine, blocks, 1.6, parallel=True, note="one asynchronous backend is enough")
          for mine in free]]
    contestants = [blocks, sgd, full, shotgun[0], sync, shotgun[1], *free]
    return [Case("A", "sparse logistic regression", "s/epoch", contestants, comparisons, notes)]
