"""The same training steps with the derivatives written by hand: in NumPy, for jax.jit, and in Python's floats."""

from __future__ import annotations

import numpy as np
from work import Engine, Work, flat

# --- NumPy, as one writes it: each operation makes a new array --------------------------------------------------------


def numpy(work: Work):
    """Forward, backward, and the update of each array."""
    x, t = work.inputs, work.targets
    layers = work.layers()
    rate, penalty = work.rate, work.penalty
    loss_and_derivatives = _hinge if work.is_hinge else _cross_entropy

    def step():
        outputs = [x]
        for weights, bias in layers[:-1]:
            outputs.append(np.maximum(outputs[-1] @ weights + bias, 0.0))
        weights, bias = layers[-1]
        loss, d = loss_and_derivatives(outputs[-1] @ weights + bias, t)
        for k in range(len(layers) - 1, -1, -1):
            weights, bias = layers[k]
            h = outputs[k]
            of_weights, of_bias = h.T @ d, d.sum(0)
            if k:
                d = (d @ weights.T) * (h > 0.0)
            if penalty:
                of_weights += 2.0 * penalty * weights
                of_bias += 2.0 * penalty * bias
            weights -= rate * of_weights
            bias -= rate * of_bias
        return float(loss)

    return Engine(step, lambda: flat(layers))


def _hinge(z, t):
    margin = 1.0 - t[:, None] * z
    return np.maximum(margin, 0.0).mean(), np.where(margin > 0.0, -t[:, None] / len(t), 0.0)


def _cross_entropy(z, t):
    z = z - z.max(1, keepdims=True)
    e = np.exp(z)
    sums = e.sum(1, keepdims=True)
    return (np.log(sums) - (t * z).sum(1, keepdims=True)).mean(), (e / sums - t) / len(t)


# --- NumPy, with all arrays made beforehand ---------------------------------------------------------------------------


def numpy_buffered(work: Work):
    """All parameters lie in one array, so that one update is for all."""
    rate, decay = work.rate, 1.0 - 2.0 * work.rate * work.penalty
    first = work.layers()
    theta = np.concatenate([array.ravel() for layer in first for array in layer])
    gradient = np.empty(theta.size)
    layers, gradients = _parts(theta, first), _parts(gradient, first)
    outputs = [work.inputs, *(np.empty((len(work.inputs), b.size)) for _, b in layers)]
    adjoints = [np.empty(h.shape) for h in outputs[1:]]
    masks = [np.empty(h.shape, bool) for h in outputs]
    last = len(layers) - 1
    loss_and_derivatives = (_hinge_into if work.is_hinge else _cross_entropy_into)(work.targets, adjoints[last])

    def step():
        for k, (weights, bias) in enumerate(layers):
            z = np.matmul(outputs[k], weights, outputs[k + 1])
            np.add(z, bias, z)
            if k < last:
                np.maximum(z, 0.0, z)
        loss = loss_and_derivatives(z)
        for k in range(last, -1, -1):
            h, d = outputs[k], adjoints[k]
            np.matmul(h.T, d, gradients[k][0])
            np.add.reduce(d, 0, None, gradients[k][1])
            if k:
                below = np.matmul(d, layers[k][0].T, adjoints[k - 1])
                np.multiply(below, np.greater(h, 0.0, masks[k]), below)
        np.multiply(gradient, rate, gradient)
        if decay != 1.0:
            np.multiply(theta, decay, theta)
        np.subtract(theta, gradient, theta)
        return float(loss)

    return Engine(step, lambda: flat(layers))


def _parts(array, like):
    """Views of an array, a matrix and a bias for each layer."""
    found, start = [], 0
    for weights, bias in like:
        middle, end = start + weights.size, start + weights.size + bias.size
        found.append((array[start:middle].reshape(weights.shape), array[middle:end]))
        start = end
    return found


def _hinge_into(t, d):
    n = len(t)
    t = t[:, None]
    shares = -t / n
    margin, mask = np.empty(d.shape), np.empty(d.shape, bool)

    def loss_and_derivatives(z):
        np.multiply(t, z, margin)
        np.subtract(1.0, margin, margin)
        np.maximum(margin, 0.0, margin)
        np.multiply(np.greater(margin, 0.0, mask), shares, d)
        return np.add.reduce(margin, None) / n

    return loss_and_derivatives


def _cross_entropy_into(t, d):
    n = len(t)
    shares = t / n
    top, logs, products = np.empty((n, 1)), np.empty((n, 1)), np.empty(d.shape)

    def loss_and_derivatives(z):
        np.maximum.reduce(z, 1, None, top, keepdims=True)
        np.subtract(z, top, z)
        np.exp(z, d)
        sums = np.add.reduce(d, 1, None, top, keepdims=True)
        np.log(sums, logs)
        np.multiply(t, z, products)
        np.multiply(sums, n, sums)
        np.divide(d, sums, d)
        np.subtract(d, shares, d)
        return (np.add.reduce(logs, None) - np.add.reduce(products, None)) / n

    return loss_and_derivatives


# --- JAX --------------------------------------------------------------------------------------------------------------


def jax_jit(work: Work):
    """The whole step compiled by XLA, in float64; not in a thread of its own, which makes small steps twice as long."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    x, t = jnp.array(work.inputs), jnp.array(work.targets)

    def cost(layers):
        h = x
        for weights, bias in layers[:-1]:
            h = jax.nn.relu(h @ weights + bias)
        weights, bias = layers[-1]
        z = h @ weights + bias
        if work.is_hinge:
            mean = jax.nn.relu(1.0 - t * z[:, 0]).mean()
        else:
            mean = (jax.nn.logsumexp(z, 1) - (t * z).sum(1)).mean()
        return mean + work.penalty * sum((w * w).sum() + (b * b).sum() for w, b in layers), mean

    @jax.jit
    def stepped(layers):
        (_, mean), gradients = jax.value_and_grad(cost, has_aux=True)(layers)
        return mean, jax.tree.map(lambda p, g: p - work.rate * g, layers, gradients)

    layers = jax.tree.map(jnp.array, work.layers())

    def step():
        nonlocal layers
        mean, layers = stepped(layers)
        return float(mean)

    return Engine(step, lambda: flat([(np.asarray(w), np.asarray(b)) for w, b in layers]))
