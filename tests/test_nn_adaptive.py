"""AdaptiveLogSoftmaxWithLoss beyond its loss, which parity tries: all log-probabilities, predictions, errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch

MADE = {"in_features": 8, "n_classes": 20, "cutoffs": [4, 10], "div_value": 2.0, "head_bias": True}


def pair() -> tuple[minitorch.nn.AdaptiveLogSoftmaxWithLoss, torch.nn.AdaptiveLogSoftmaxWithLoss]:
    torch.manual_seed(0)
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(**MADE)
    minitorch.manual_seed(0)
    mine = minitorch.nn.AdaptiveLogSoftmaxWithLoss(**MADE)
    return mine, theirs


def test_the_same_weights_under_the_same_names() -> None:
    mine, theirs = pair()
    assert repr(mine) == repr(theirs)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        assert (mine.state_dict()[name].numpy() == value.numpy()).all(), name
    mine.reset_parameters()
    theirs.reset_parameters()
    assert (mine.tail[1][1].weight.detach().numpy() == theirs.tail[1][1].weight.detach().numpy()).all()


@pytest.mark.parametrize("count", [0, 1, 50])
def test_log_prob_and_predict(count: int) -> None:
    mine, theirs = pair()
    x = 3 * np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    logs = mine.log_prob(minitorch.from_numpy(x)).detach().numpy()
    expected = theirs.log_prob(torch.from_numpy(x)).detach().numpy()
    assert logs.shape == expected.shape
    np.testing.assert_allclose(logs, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.exp(logs).sum(1), np.ones(count), rtol=1e-5)
    predicted = mine.predict(minitorch.from_numpy(x)).numpy()
    assert (predicted == theirs.predict(torch.from_numpy(x)).numpy()).all()
    if count > 1:
        assert (predicted >= 4).any()
        assert (predicted < 4).any()


@pytest.mark.parametrize(
    ("cutoffs", "message"),
    [
        ([], "cutoffs should be a sequence of length larger than 0"),
        ([4, 2], r"sorted in an increasing order, .* but got \[4, 2\] for 20 classes"),
        ([4, 20], "each value is between 1 and n_classes-1"),
        ([2.5], "a sequence of unique, positive integers"),
    ],
)
def test_cutoffs_that_do_not_fit(cutoffs: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        minitorch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
