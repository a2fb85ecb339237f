"""The objectives, in double: every solution of every peer is judged by these and nothing else.

Logistic regression without a bias, labels y ∈ {−1, 1}:

    f(w) = 1/n ∑ᵢ log(1 + exp(−yᵢ·xᵢᵀw)) + λ/2·‖w‖²,   λ = 1/n where nothing else is said

Network with layers (W_l, b_l), ReLU between them, all parameters regularised:

    f = 1/n ∑ᵢ (log ∑_c exp(z_ic) − z_{i,yᵢ}) + λ/2·∑_l (‖W_l‖² + ‖b_l‖²),   λ = 1/n
"""

import numpy as np
import scipy.optimize
import scipy.sparse.linalg

RELATIVE_GRADIENT = 1e-9


def logistic(X, y, w, bias=0.0, l2=None):
    """A peer's bias, if it has to have one, enters the margins and is not regularised."""
    margins = y * (X @ w + bias)
    penalty = w @ w / (2 * len(y)) if l2 is None else l2 / 2 * (w @ w)
    return np.logaddexp(0, -margins).mean() + penalty


def logistic_gradient(X, y, w):
    slopes = -y / (1 + np.exp(y * (X @ w)))
    return (X.T @ slopes + w) / len(y)


def newton_step(X, y, w):
    """w − H⁻¹∇f by conjugate gradients, H = XᵀDX/n + λI with D = σ(1 − σ)."""
    curvature = 0.25 / np.cosh((X @ w) / 2)**2
    hessian = scipy.sparse.linalg.LinearOperator(
        (len(w), len(w)), matvec=lambda v: (X.T @ (curvature * (X @ v)) + v) / len(y))
    return w - scipy.sparse.linalg.cg(hessian, logistic_gradient(X, y, w), tol=1e-4, atol=0)[0]


def logistic_optimum(X, y):
    """(f*, relative gradient norm): L-BFGS-B as far as it goes, which is where f no longer
    changes in double, then Newton steps until the gradient is RELATIVE_GRADIENT of that at 0."""
    w = np.zeros(X.shape[1])
    start = np.linalg.norm(logistic_gradient(X, y, w))
    w = scipy.optimize.minimize(
        lambda v: (logistic(X, y, v), logistic_gradient(X, y, v)), w, jac=True, method="L-BFGS-B",
        options={"maxiter": 2000, "maxfun": 4000, "maxcor": 30, "ftol": 0, "gtol": 0}).x
    for _ in range(5):
        relative = np.linalg.norm(logistic_gradient(X, y, w)) / start
        if relative < RELATIVE_GRADIENT:
            return logistic(X, y, w), relative
        w = newton_step(X, y, w)
    raise RuntimeError(f"no optimum: the relative gradient stays at {relative:.1e}")


def network(X, y, layers):
    """`layers`: (W, b) with W of inputs × outputs; y holds class numbers from 0."""
    a = X.astype(float)
    for i, (W, b) in enumerate(layers):
        z = a @ W.astype(float) + b
        a = np.maximum(z, 0) if i + 1 < len(layers) else z
    top = a.max(axis=1)
    losses = top + np.log(np.exp(a - top[:, None]).sum(axis=1)) - a[np.arange(len(y)), y]
    squares = sum((W.astype(float) ** 2).sum() + (b.astype(float) ** 2).sum() for W, b in layers)
    return losses.mean() + squares / (2 * len(y))
