"""The data: written once by `sgdbench data make`, parsed once for the Python peers, kept in one
folder. Files appear whole or not at all, so a folder that an interrupted run left is good."""

import gzip
import json
import os

import numpy as np
import scipy.sparse

import objective

FASHION_MNIST = "/usr/share/datasets/fashion-mnist/train-%s.gz"


class Materials:
    def __init__(self, program, quick):
        self.folder = program.folder
        self.program = program
        self.quick = quick
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def made(self, name, make):
        """Path of a file, after `make(path)` wrote it if it is not there yet."""
        path = self.path(name)
        if not os.path.exists(path):
            root, extension = os.path.splitext(path)
            unfinished = f"{root}.unfinished{extension}"
            make(unfinished)
            os.replace(unfinished, path)
        return path

    def generated(self, stem, source, extension):
        return self.made(stem + extension,
                         lambda path: self.program.output("data", "make", source, "-o", path))

    def sparse(self):
        """(LIBSVM file, .npz of the same rows): job A."""
        rows = 20000 if self.quick else 200000
        stem = f"rcv1-like-{rows}"
        text = self.generated(stem, f"rcv1-like:rows={rows}", ".svm")
        return text, self.made(stem + ".npz", lambda path: parse_libsvm(text, path))

    def dense(self):
        """(CSV file, .npz of the same rows): job B."""
        rows = 50000 if self.quick else 581012
        stem = f"covtype-like-{rows}"
        text = self.generated(stem, f"covtype-like:rows={rows}", ".csv")
        return text, self.made(stem + ".npz", lambda path: parse_csv(text, path))

    def images(self):
        """.npz of Fashion-MNIST's training part, grey values in [0, 1]: job C."""
        return self.made("fashion-mnist.npz", parse_images)

    def optimum(self, npz):
        """f* of logistic regression on `npz`, computed once."""
        def compute(path):
            value, gradient = objective.logistic_optimum(*read_sparse(npz))
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"optimum": value, "relative_gradient": gradient}, file)
        with open(self.made(os.path.basename(npz) + ".optimum.json", compute)) as file:
            return json.load(file)


def parse_libsvm(text, path):
    from sklearn.datasets import load_svmlight_file
    X, y = load_svmlight_file(text, n_features=47236, zero_based=False)
    np.savez(path, data=X.data, indices=X.indices, indptr=X.indptr, shape=X.shape, y=np.sign(y))


def parse_csv(text, path):
    """Labels 1 and 2 become −1 and 1."""
    table = np.loadtxt(text, delimiter=",", skiprows=1, dtype=np.float32)
    np.savez(path, X=table[:, 1:], y=2.0 * table[:, 0] - 3.0)


def parse_images(path):
    with gzip.open(FASHION_MNIST % "images-idx3-ubyte") as file:
        X = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(FASHION_MNIST % "labels-idx1-ubyte") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8)
    np.savez(path, X=X.astype(np.float32) / np.float32(255), y=y.astype(np.int64))


def read_sparse(npz):
    with np.load(npz) as file:
        X = scipy.sparse.csr_matrix((file["data"], file["indices"], file["indptr"]),
                                    shape=file["shape"])
        return X, file["y"]


def read_dense(npz):
    with np.load(npz) as file:
        return file["X"], file["y"]
