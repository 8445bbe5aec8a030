"""The polynomial that ChebyCF filters with: a low-pass with a flat middle, in Chebyshev's polynomials."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def coefficients(degree: int, flatness: float) -> Tensor:
    """The c_k of h(λ) = Σ c_k T_k(1 - 2λ), k from 0 to K, the degree: float64 [K + 1].

    The target of h is f(x) = ½ - ½ sign(x) |x|^flatness at x = 1 - 2λ. c_k = 2 / (K + 1) · Σ_j f_j T_k(x_j), with c_0
    halved, where x_j are the roots of T_{K+1}, and f_j is taken where the paper's program takes it: at the extrema of
    T_K (which that program rounds to three decimals, and f_j too).
    """
    steps = torch.arange(degree + 1, dtype=torch.float64)
    extrema = -torch.cos(math.pi * steps / degree)  # cos((K - j) π / K)
    roots = -torch.cos(math.pi * (steps + 0.5) / (degree + 1))
    target = 0.5 - 0.5 * extrema.sign() * extrema.abs() ** flatness
    found: Tensor = 2.0 / (degree + 1) * (_polynomials(degree, roots) @ target)
    found[0] /= 2.0
    return found


def response(found: Tensor, eigenvalues: Tensor) -> Tensor:
    """h(λ) for some λ between 0 and 1: float32 [n] → float32 [n]."""
    values = _polynomials(len(found) - 1, 1.0 - 2.0 * eigenvalues.double())
    return (found @ values).float()


def _polynomials(degree: int, x: Tensor) -> Tensor:
    """T_0 to T_K at x [...]: [K + 1, ...]."""
    angles = x.clamp(-1.0, 1.0).arccos()
    return torch.stack([torch.cos(order * angles) for order in range(degree + 1)])
