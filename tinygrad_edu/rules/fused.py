"""Operations that do the work of several at once: a dense layer, cross-entropy from logits, a normalization.

They compute what could be composed of other operations, with fewer passes over memory and fewer kernels on a GPU. Their
parts stand here in plain steps; what is fused, in one array library or another, stands in `backends/`.
"""

# mypy: disallow-untyped-defs=False

from __future__ import annotations

import math
from typing import Any

from ..graph.broadcast import unbroadcast
from ..graph.operation import REGISTRY, structural
from ..namespaces.namespace import part
from ..precision import is_half
from . import misfits
from .structural import count, matmul_by_a, matmul_by_b

ACTIVATIONS = ("relu", "sigmoid", "tanh")  # whose derivative can be told from their result


@part
def activate(xp, h, bias, activation):
    """activation(h + bias); `h` may be overwritten."""
    h = h + bias
    return getattr(xp, activation)(h) if activation else h


@part
def deactivate(xp, g, y, activation):
    """The gradient before an activation, from that after it and from its result `y`."""
    slope: Any = REGISTRY[activation].rules[0]
    return xp.chain(g, slope(xp, y, y))


def _before_activation(xp, g, y, x, weight, bias, activation):
    return xp.deactivate(g, y, activation) if activation else g


def _by_bias(xp, g, y, x, weight, bias, activation, out=None):
    if out is not None and g.ndim == 2 and g.dtype == out.dtype and not is_half(g):
        return xp.sum(g, axis=0, out=out)
    return unbroadcast(xp, g, bias.shape)


@structural(
    lambda xp, g, y, x, weight, bias, activation: matmul_by_a(xp, g, y, x, weight),
    lambda xp, g, y, x, weight, bias, activation, out=None: matmul_by_b(xp, g, y, x, weight, out),
    _by_bias,
    shared=_before_activation,
    floating=True,
    misfit=misfits.dense,
    public=False,
)
def dense(xp, x, weight, bias, activation=None):
    """activation(x @ weight + bias): a dense layer of rows x (n, in), weight (in, out) and bias (out,).

    `activation` is None, "relu", "sigmoid" or "tanh". With g the gradient before the activation, dx = g @ weightᵀ,
    dweight = xᵀ @ g, and dbias is the sum of g over the rows.
    """
    return xp.activate(xp.matmul(x, weight), bias, activation)


@part
def picked(xp, rows, labels):
    """The element of each row at its label."""
    return rows[xp.arange(labels.shape[0]), labels]


@part
def one_hot(xp, labels, rows):
    """Rows like these that are 1 at their label, and else 0."""
    ones = xp.ones(labels.shape, dtype=rows.dtype)
    return xp.scatter_add(ones, (xp.arange(labels.shape[0]), labels), rows.shape)


@part
def cross_entropy_rows(xp, logits, labels):
    """-log softmax(logits)[label] of each row."""
    return -xp.picked(xp.log_softmax(logits, axis=1), labels)


@part
def cross_entropy_slope(xp, logits, labels, g):
    """Its vjp, (softmax(logits) - one_hot(labels)) · g, with g the gradient of one row or of each."""
    share = xp.expand_dims(g, 1) if g.ndim else g
    return (xp.softmax(logits, axis=1) - xp.one_hot(labels, logits)) * share


@part
def cross_entropy_mean(xp, logits, labels, share):
    """The mean over rows, each of which has this share in it."""
    return xp.sum(xp.cross_entropy_rows(logits, labels)) * share


@part
def cross_entropy_mean_slope(xp, logits, labels, g, share):
    """Its vjp."""
    return xp.cross_entropy_slope(logits, labels, g * share)


def _softmax_minus_target(xp, g, y, logits, labels, reduction):
    if reduction == "mean":
        return xp.cross_entropy_mean_slope(logits, labels, g, _share(labels))
    return xp.cross_entropy_slope(logits, labels, g)


def _share(labels):
    """The share of a row in the mean; the mean of no rows is nan, as NumPy's."""
    return 1.0 / labels.shape[0] if labels.shape[0] else math.nan


@structural(_softmax_minus_target, adds_up=True, floating=True, public=False)
def softmax_cross_entropy(xp, logits, labels, reduction="mean"):
    """-log softmax(logits)[label] of rows of logits (n, classes), with integer labels (n,) of the same device.

    The rows are averaged (`reduction="mean"`), summed ("sum") or left (n,) ("none"). The gradient of a row is
    softmax(logits) - one_hot(label).
    """
    if reduction == "mean":
        return xp.cross_entropy_mean(logits, labels, _share(labels))
    losses = xp.cross_entropy_rows(logits, labels)
    return losses if reduction == "none" else xp.sum(losses)


@part
def mean_along(xp, a, axis):
    """The mean along some axes, which stay, with length 1."""
    return xp.divide(xp.sum(a, axis=axis, keepdims=True), float(count(a, axis)))


@part
def normal_and_deviation(xp, x, axis, eps):
    """(x - mean) / √(variance + eps) along some axes, and its divisor."""
    centered = x - xp.mean_along(x, axis)
    deviation = xp.sqrt(xp.mean_along(xp.square(centered), axis) + eps)
    return centered / deviation, deviation


@part
def times_normal(xp, g, x, axis, eps):
    """What is summed up to the gradient of a weight behind a normalization."""
    normal, _ = xp.normal_and_deviation(x, axis, eps)
    return g * normal


def _before_normalization(xp, g, x, axis, eps):
    """The gradient before a normalization, from that after it.

    A shift of all x, or another scale, changes nothing: of g it takes away what goes in these two directions.
    """
    normal, deviation = xp.normal_and_deviation(x, axis, eps)
    return (g - xp.mean_along(g, axis) - normal * xp.mean_along(g * normal, axis)) / deviation


@structural(
    lambda xp, g, y, x, axis, eps: _before_normalization(xp, g, x, axis, eps),
    adds_up=True,
    floating=True,
    along_lines=True,
    public=False,
)
def normalize(xp, x, axis=-1, eps=1e-5):
    """(x - mean) / √(variance + eps) along the last axes `axis`: numbers of mean 0 and variance 1."""
    normal, _ = xp.normal_and_deviation(x, axis, eps)
    return normal


@structural(
    lambda xp, g, y, x, weight, bias, axis, eps: _before_normalization(xp, g * weight, x, axis, eps),
    lambda xp, g, y, x, weight, bias, axis, eps: unbroadcast(xp, xp.times_normal(g, x, axis, eps), weight.shape),
    lambda xp, g, y, x, weight, bias, axis, eps: unbroadcast(xp, g, bias.shape),
    adds_up=True,
    floating=True,
    along_lines=True,
    public=False,
)
def layer_norm(xp, x, weight, bias, axis=-1, eps=1e-5):
    """(x - mean) / √(variance + eps) · weight + bias along the last axes `axis`, which are those of weight and bias."""
    normal, _ = xp.normal_and_deviation(x, axis, eps)
    return normal * weight + bias
