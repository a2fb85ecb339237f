"""Job C: seconds an epoch of a multi-layer perceptron on Fashion-MNIST."""

import materials
from arena import Case, Comparison, Contestant
from bench import judged_network, ours

NETS = ((128,), (256, 256))
BATCHES = (32, 128)
STEP = 0.1
EPOCHS = 2
NOTES = [
    "λ = 1/n for all. sgdbench and PyTorch regularise biases too; scikit-learn does not.",
    "Step size 0.1, no momentum. Each program draws its own initial parameters.",
    "sgdbench shuffles blocks of 128 rows, the peers all rows, each epoch. Single precision.",
    "f is listed after 2 epochs, and after 3 for scikit-learn, whose first one is not timed.",
    "PyTorch's Hogwild: two processes of one thread, a shared model, half of the rows each.",
]


def peer_of(bench, name, module, npz, threads, **options):
    """A peer's contestant; `options` go to its function."""
    X, y = materials.read_dense(npz)
    peer = bench.peer(module, threads=threads, pool=1, npz=npz, kind="images")
    path = bench.temporary(f"{module}-{threads}.npz")
    function = options.pop("function")

    def measure(number):
        seconds = peer.call(function, save=path, step=STEP, seed=number + 1, **options)
        return judged_network(seconds, path, X, y)
    measure(0)
    return Contestant(name, threads, measure)


def ours_on(bench, name, workers, hidden, batch, *options):
    return ours(bench, name, workers, [
        "--workload", "mlp", "--data", "fashion-mnist", "--hidden", ",".join(map(str, hidden)),
        "--batch", str(batch), "--lr", str(STEP), "--lr-schedule", "constant",
        "--epochs", str(EPOCHS), *options])


def our_contestants(bench, hidden, batch):
    """By name: one worker with each kernel set, two with the faster library's."""
    kernels = [k for k in ("native", "onednn") if bench.program.knows("kernels", k)]
    found = {k: ours_on(bench, f"sequential, {k}", 1, hidden, batch, "--backend", "sequential",
                        "--kernels", k) for k in kernels}
    found["hogwild"] = ours_on(bench, f"hogwild, {kernels[-1]}", 2, hidden, batch,
                               "--backend", "hogwild", "--kernels", kernels[-1])
    return found


def peers(bench, npz, hidden, batch):
    """(scikit-learn, PyTorch alone or none, PyTorch's Hogwild or none)."""
    common = {"hidden": hidden, "batch": batch, "npz": npz}
    sklearn = peer_of(bench, "scikit-learn MLPClassifier", "child_sklearn", threads=1,
                      function="network_epoch", more=EPOCHS, **common)
    if not bench.torch:
        return sklearn, None, None
    torch = [peer_of(bench, name, "child_torch", threads=threads, function="epoch",
                     epochs=EPOCHS, **common)
             for name, threads in (("PyTorch", 1), ("PyTorch Hogwild", 2))]
    return sklearn, *torch


def case(bench, npz, hidden, batch):
    mine = our_contestants(bench, hidden, batch)
    alone = mine.get("onednn", mine["native"])
    sklearn, torch, torch_hogwild = peers(bench, npz, hidden, batch)
    comparisons = [Comparison(alone, sklearn)]
    if torch:
        comparisons += [Comparison(alone, torch, 2.5), Comparison(mine["native"], torch),
                        Comparison(mine["hogwild"], torch_hogwild, 2)]
    if alone is not mine["native"]:
        comparisons.append(Comparison(mine["native"], alone, 1 / 1.5,
                                      note="native within 1.5 times oneDNN"))
    comparisons.append(Comparison(mine["hogwild"], alone))
    theirs = [peer for peer in (torch, torch_hogwild, sklearn) if peer]
    net = "-".join(map(str, (784, *hidden, 10)))
    return Case("C", f"MLP {net}, batch {batch}", "s/epoch", interleaved([*mine.values()], theirs),
                comparisons, list(NOTES))


def interleaved(first, second):
    """One of each in turn, the rest at the end."""
    pairs = [one for pair in zip(first, second) for one in pair]
    both = min(len(first), len(second))
    return [*pairs, *first[both:], *second[both:]]


def run(bench):
    npz = bench.materials.images()
    for hidden in NETS[:1] if bench.quick else NETS:
        for batch in BATCHES[:1] if bench.quick else BATCHES:
            yield case(bench, npz, hidden, batch)
