"""Distances of pairs, covariances, grids, windows, the older forms at torch's top: what the specs cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transcript import Scene, check_scene

import minitorch

SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist"])
@pytest.mark.parametrize("rows", [3, 40])
def test_many_distances(rows: int, mode: str) -> None:
    random = np.random.default_rng(0)
    first, second, g = (random.standard_normal(size) for size in ((2, rows, 4), (5, 4), (2, rows, 5)))
    results = []
    for engine in (minitorch, torch):
        x1, x2 = (engine.tensor(each, requires_grad=True) for each in (first, second))
        out = engine.cdist(x1, x2, compute_mode=mode)
        (out * engine.tensor(g)).sum().backward()
        results.append([each.detach().numpy() for each in (out, x1.grad, x2.grad)])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-10)
    given = [minitorch.tensor(each, requires_grad=True) for each in (first[0, :3], second)]
    assert minitorch.autograd.gradgradcheck(lambda a, b: minitorch.cdist(a, b, compute_mode=mode), given)


def test_second_derivatives_of_pdist() -> None:
    x = minitorch.randn(4, 3, dtype=minitorch.float64, requires_grad=True)
    for p in (1.5, 2.0, 3.0):
        assert minitorch.autograd.gradgradcheck(lambda x, p=p: minitorch.pdist(x, p), [x])


def test_distances_of_equal_rows_have_a_gradient_of_zero() -> None:
    for p in (0.5, 1.0, 1.5, 2.0, 3.0, float("inf")):
        x = minitorch.ones(3, 2, requires_grad=True)
        (minitorch.pdist(x, p).sum() + minitorch.cdist(x, x, p).sum()).backward()
        assert not x.grad.numpy().any()


@scene
def distances_and_nodes(torch, say):
    x = torch.ones(3, 2, requires_grad=True)
    say(type(torch.cdist(x, x).grad_fn).__name__, type(torch.pdist(x).grad_fn).__name__)
    say(torch.pdist(torch.ones(0, 3)), torch.pdist(torch.ones(1, 3)), torch.cdist(torch.ones(2, 0), torch.ones(3, 0)))
    for given in ((x, x, -1.0), (x, x.double()), (x.long(), x.long()), (x.half(), x.half()), (x, x[:, :1])):
        say.error(lambda given=given: torch.cdist(*given), exactly=False)
    for given in ((x[0], x), (x, x, 2.0, "other"), (x, x, "x"), (1, x)):
        say.error(lambda given=given: torch.cdist(*given), exactly=False)
    for given in ((x, -1.0), (x[0],), (x.long(),), (x.half(),), (1,), (x, "x")):
        say.error(lambda given=given: torch.pdist(*given), exactly=False)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        (lambda t, x: t.cdist(x, x, -1.0), "cdist only supports non-negative p values"),
        (lambda t, x: t.cdist(x, x.double()), "expected scalar type Float but found Double"),
        (lambda t, x: t.cdist(x.long(), x), "cdist only supports floating-point dtypes, X1 got: Long"),
        (lambda t, x: t.cdist(x, x[:, :1]), "X1 and X2 must have the same number of columns. X1: 2 X2: 1"),
        (lambda t, x: t.cdist(x[0], x), "cdist only supports at least 2D tensors, X1 got: 1D"),
        (lambda t, x: t.pdist(x[0]), "pdist only supports 2D tensors, got: 1D"),
        (lambda t, x: t.pdist(x.long()), "pdist only supports floating-point dtypes"),
        (lambda t, x: t.cov(x, fweights=t.ones(2)), "expected fweights to have integral dtype but got fweights with"),
        (lambda t, x: t.cov(x, aweights=t.ones(2).long()), "expected aweights to have floating point dtype but got"),
        (lambda t, x: t.cov(x, aweights=t.ones(3)), "as there are observations in the input but got 3 != 2"),
        (lambda t, x: t.cov(x, aweights=-t.ones(2)), "aweights cannot be negative"),
        (lambda t, x: t.cov(x, aweights=t.zeros(2)), "weights sum to zero, can't be normalized"),
        (lambda t, x: t.cov(x, aweights=t.ones(1, 2)), "expected aweights to have one or fewer dimensions"),
        (lambda t, x: t.cov(x[None]), "cov(): expected input to have two or fewer dimensions but got an input with 3"),
        (lambda t, x: t.corrcoef(x[None]), "corrcoef(): expected input to have two or fewer dimensions but got an"),
        (lambda t, x: t.cov(x > 0), "cov(): bool dtype is not supported for input"),
        (lambda t, x: t.cov(x, correction=1.5), "cov(): argument 'correction' must be int, not float"),
        (lambda t, x: t.imag(x), "imag is not implemented for tensors with non-complex dtypes."),
        (lambda t, x: t.vander(x), "x must be a one-dimensional tensor."),
        (lambda t, x: t.vander(x[0], -1), "N must be non-negative."),
        (lambda t, x: t.hann_window(-1), "hann_window requires non-negative window_length, got window_length=-1"),
        (lambda t, x: t.hann_window(3, dtype=t.int64), "hann_window expects floating point dtypes, got: "),
        (lambda t, x: t.linalg.tensorinv(x, ind=0), "Expected a strictly positive integer for 'ind', but got 0"),
        (lambda t, x: t.linalg.tensorinv(x, ind=1), "prod(self.shape[:ind]), but got 2 != 3"),
        (
            lambda t, x: t.linalg.tensorsolve(t.ones(2, 2, 4), x),
            "to satisfy the requirement prod(self.shape[other.ndim:])",
        ),
        (lambda t, x: t.cholesky_inverse(x), "A must be batches of square matrices, but they are 3 by 2 matrices"),
        (lambda t, x: t.cholesky_solve(x, t.eye(2)), "each A matrix is 2 by 2 but each b matrix is 3 by 2"),
        (lambda t, x: t.cholesky_solve(x[0], t.eye(2)), "b should have at least 2 dimensions, but has 1 dimensions"),
        (lambda t, x: t.geqrf(x[0]), "input must have at least 2 dimensions"),
        (
            lambda t, x: t.geqrf(x.requires_grad_())[0].sum().backward(),
            "the derivative for 'geqrf' is not implemented.",
        ),
        (
            lambda t, x: t.linalg.householder_product(x, x[0][:1].double()),
            "tau dtype Double does not match input dtype",
        ),
        (lambda t, x: t.linalg.householder_product(x.T, x[0]), "must be greater than or equal to input.shape[-1]"),
        (lambda t, x: t.linalg.householder_product(x, x[:, 0]), "must be greater than or equal to tau.shape[-1]"),
        (
            lambda t, x: t.linalg.householder_product(x, x),
            "Expected tau to have one dimension less than input, but got",
        ),
    ],
)
def test_errors(call: Any, phrase: str) -> None:
    errors = []
    for engine in (minitorch, torch):
        with pytest.raises(Exception) as caught:
            call(engine, engine.arange(6.0).reshape(3, 2))
        errors.append(caught.value)
    assert type(errors[0]).__name__ == type(errors[1]).__name__
    assert [phrase in str(error) for error in errors] == [True, True], errors


@scene
def too_few_observations(torch, say):
    say(torch.cov(torch.tensor(3.0)), torch.cov(torch.ones(2, 1)), torch.corrcoef(torch.arange(4.0)))
    say(torch.cov(torch.arange(6.0).reshape(2, 3), correction=3))


@scene
def constants_and_real_numbers(torch, say):
    x = torch.tensor([1.0, -2.0])
    say(torch.pi, torch.e, torch.inf, torch.nan, torch.newaxis, x[torch.newaxis].shape)
    say(torch.real(x) is x, torch.conj(x) is x, x.conj() is x)
    x.requires_grad_()
    x.angle().sum().backward()
    say(x.grad, torch.hann_window(4, requires_grad=True), torch.hamming_window(4, True, 0.5, 0.5))
    say.error(lambda: torch.hann_window(4, out=x), exactly=False)


@scene
def older_forms(torch, say):
    say(torch.svd(torch.tensor([[4.0, 1.0], [1.0, 3.0]])).S)
    U, S, V = torch.svd(torch.arange(6.0).reshape(3, 2))
    say((U @ torch.diag(S) @ V.T).round(decimals=4) + 0.0, [each.shape for each in torch.svd(torch.ones(3, 2), False)])
    say(torch.svd(torch.arange(6.0).reshape(3, 2), True, False), torch.svd(torch.ones(3, 2)).V.shape)
    x = torch.ones(3, 3)
    say(
        torch.cosine_similarity(x, x).shape,
        torch.pairwise_distance(x, 2 * x),
        torch.bilinear(x, x, torch.ones(2, 3, 3)),
    )


@pytest.mark.filterwarnings("ignore:torch.* is deprecated in favor of torch.linalg")  # torch says so only once
def test_deprecated_forms() -> None:
    results: list[list[Any]] = []
    for engine in (minitorch, torch):
        A = engine.tensor([[4.0, 1.0], [1.0, 3.0]])
        decomposed = engine.qr(engine.arange(6.0).reshape(3, 2), some=False)
        values = [engine.cholesky(A), engine.cholesky(A, True), decomposed.Q @ decomposed.R, A.cholesky()]
        results.append([value.numpy() for value in values])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-6)


def test_deprecated_forms_warn() -> None:
    for function in (minitorch.qr, minitorch.cholesky):
        with pytest.warns(UserWarning, match=f"torch.{function.__name__[:-3]} is deprecated in favor of torch.linalg"):
            function(minitorch.eye(2))


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_embedding_bag_at_the_top(mode: int) -> None:
    results = []
    for engine in (minitorch, torch):
        weight = engine.arange(12.0).reshape(4, 3).requires_grad_()
        given = engine.tensor([0, 3, 1, 1]), engine.tensor([0, 2])
        out = engine.embedding_bag(weight, *given, False, mode)[0]
        (out * out).sum().backward()
        results.append([out.detach().numpy(), weight.grad.numpy()])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(own, expected)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("side", [2, 7, 28, 56, 224])
def test_the_identity_puts_pixels_where_torch_puts_them_to_the_last_bit(side: int, align: bool) -> None:
    grids, slopes = [], []
    for engine in (minitorch, torch):
        functional = engine.nn.functional
        theta = engine.tensor([[[1.0, 0, 0], [0, 1, 0]]])
        grid = functional.affine_grid(theta, (1, 1, 3, side), align_corners=align).requires_grad_()
        image = engine.arange(float(side)).square().expand(1, 1, 3, side)
        functional.grid_sample(image, grid, align_corners=align).sum().backward()
        grids.append(grid.detach().numpy())
        slopes.append(grid.grad[..., 0].numpy())
    np.testing.assert_array_equal(*grids)
    np.testing.assert_allclose(*slopes, rtol=1e-4)


@scene
def grids(torch, say):
    functional = torch.nn.functional
    theta, x = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), torch.arange(9.0).reshape(1, 1, 3, 3)
    grid = functional.affine_grid(theta, (1, 1, 3, 3))
    say(functional.grid_sample(x, grid), functional.affine_grid(theta, [1, 1, 1, 1], align_corners=True))
    far = torch.tensor([[[[float("nan"), 0.0], [9.0, -9.0]]]])
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border"):
            say(functional.grid_sample(x, far[:, :, 1:], mode, padding, False))
    x.requires_grad_()
    for padding in ("zeros", "border", "reflection"):
        out = functional.grid_sample(x, 1.3 * grid, "bilinear", padding, True)
        say(torch.autograd.grad(out.square().sum(), x)[0] + 0.0)
    edge = functional.affine_grid(theta, (1, 1, 3, 3), align_corners=True).detach().requires_grad_()
    out = functional.grid_sample(x, edge, "bilinear", "border", True)
    say(torch.autograd.grad(out.square().sum(), edge)[0] + 0.0)
    out = functional.grid_sample(x, edge, "nearest", "zeros", True)
    say(torch.autograd.grad(out.square().sum(), edge)[0] + 0.0)
    x, zeros = x.detach(), torch.zeros(1, 2, 2, 2)
    for given in (
        (x, zeros, "other"), (x, zeros, "nearest", "other"), (x, torch.zeros(1, 2, 2, 3)), (x, torch.zeros(2, 2, 2, 2)),
        (torch.ones(1, 1, 0, 3), zeros), (torch.ones(1, 1, 3, 3, 3), torch.zeros(1, 2, 2, 2, 3), "bicubic"),
    ):  # fmt: skip
        say.error(lambda given=given: functional.grid_sample(*given))
    say.error(lambda: functional.grid_sample(x, zeros.double()))
    say.error(lambda: functional.grid_sample(x, zeros[0]), exactly=False)
    say.error(lambda: functional.grid_sample(x.long(), zeros.long()), exactly=False)
    for given in ((theta.long(), (1, 1, 2, 3)), (theta[0], (1, 1, 2, 3)), (theta, (1, 1, 2)), (theta, (1, 1, 0, 3))):
        say.error(lambda given=given: functional.affine_grid(*given))
    say.error(lambda: functional.affine_grid(theta, (2, 1, 2, 3)), exactly=False)


@scene
def choosing_a_kernel_of_attention(torch, say):
    attention, q = torch.nn.attention, torch.arange(8.0).reshape(1, 1, 4, 2)
    say(list(attention.SDPBackend.__members__), attention.SDPBackend.MATH)
    for chosen in (attention.SDPBackend.MATH, [attention.SDPBackend.MATH, attention.SDPBackend.FLASH_ATTENTION]):
        with attention.sdpa_kernel(chosen):
            say(torch.nn.functional.scaled_dot_product_attention(q, q, q))
    say.error(lambda: attention.sdpa_kernel("x").__enter__())
