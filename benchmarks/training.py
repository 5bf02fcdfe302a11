"""Training steps of the lectures: forward, loss, zero_grad, backward, optimizer.

Every case draws its weights from the same seed and its data from NumPy, so that all engines train the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Action, Case, Step


def _random(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def _integers(high: int, *shape: int) -> Any:
    return np.random.default_rng(1).integers(0, high, shape)


def _trained(
    torch: Any, model: Any, loss: Action, optimizer: Any, inputs: Sequence[Any], clip: float | None = None
) -> Step:
    """The step that all cases share; `loss` is the forward pass."""

    def run() -> Any:
        value = loss()
        optimizer.zero_grad()
        value.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        return value

    return Step(run, loss, inputs, tuple(model.parameters()))


def five_ops(torch: Any, device: str, size: int) -> Step:
    """Forward and backward of `((a * b + a).tanh() * b).sum()`."""
    a, b = (torch.tensor(row, device=device, requires_grad=True) for row in _random(2, size))

    def forward() -> Any:
        return ((a * b + a).tanh() * b).sum()

    def run() -> Any:
        a.grad = b.grad = None
        loss = forward()
        loss.backward()
        return loss

    return Step(run, forward, (a, b))


def linear_regression(torch: Any, device: str, batch: int) -> Step:
    """Lecture 5: y = 2 x from three points."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1).to(device)
    x = torch.linspace(1, 3, batch, device=device).view(-1, 1)
    y = 2 * x
    criterion = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03 / batch)
    return _trained(torch, model, lambda: criterion(model(x), y), optimizer, (x, y))


def diabetes(torch: Any, device: str, batch: int) -> Step:
    """Lecture 7: layers 8-6-4-1 with sigmoids, BCE."""
    torch.manual_seed(0)
    layers: list[Any] = []
    for inputs, outputs in ((8, 6), (6, 4), (4, 1)):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers).to(device)
    x = torch.tensor(_random(batch, 8), device=device)
    y = (x.sum(1, keepdim=True) > 0).float()
    criterion = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return _trained(torch, model, lambda: criterion(model(x), y), optimizer, (x, y))


def _classifier(torch: Any, device: str, model: Any, images: Any) -> Step:
    """Ten classes by cross entropy, and SGD with momentum, as lectures 9 to 11 train."""
    model = model.to(device)
    x = torch.tensor(images, device=device)
    y = torch.tensor(_integers(10, len(images)), device=device)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    return _trained(torch, model, lambda: criterion(model(x), y), optimizer, (x, y))


def mlp(torch: Any, device: str, batch: int) -> Step:
    """Lecture 9: layers 784-512-256-128-64-10."""
    torch.manual_seed(0)
    widths = (784, 512, 256, 128, 64, 10)
    layers: list[Any] = []
    for inputs, outputs in zip(widths[:-1], widths[1:], strict=True):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return _classifier(torch, device, torch.nn.Sequential(*layers[:-1]), _random(batch, 784))


def cnn(torch: Any, device: str, batch: int) -> Step:
    """Lecture 10: two convolutions of 5x5, 10 and 20 channels."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(10, 20, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(320, 10),
    )  # fmt: skip
    return _classifier(torch, device, model, _random(batch, 1, 28, 28))


def inception(torch: Any, device: str, batch: int) -> Step:
    """Lecture 11: two Inception blocks of 88 channels."""
    torch.manual_seed(0)
    nn = torch.nn

    class Inception(nn.Module):  # type: ignore[name-defined, misc] # the engine's Module is known at run time
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.pooled = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), nn.Conv2d(channels, 24, 1))
            self.one = nn.Conv2d(channels, 16, 1)
            self.five = nn.Sequential(nn.Conv2d(channels, 16, 1), nn.Conv2d(16, 24, 5, padding=2))
            self.three = nn.Sequential(
                nn.Conv2d(channels, 16, 1), nn.Conv2d(16, 24, 3, padding=1), nn.Conv2d(24, 24, 3, padding=1)
            )

        def forward(self, x: Any) -> Any:
            return torch.cat([self.one(x), self.five(x), self.three(x), self.pooled(x)], dim=1)

    model = nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(), Inception(10),
        nn.Conv2d(88, 20, 5), nn.MaxPool2d(2), nn.ReLU(), Inception(20),
        nn.Flatten(), nn.Linear(1408, 10),
    )  # fmt: skip
    return _classifier(torch, device, model, _random(batch, 1, 28, 28))


def residual(torch: Any, device: str, batch: int) -> Step:
    """Lecture 11: two residual blocks, 16 and 32 channels."""
    torch.manual_seed(0)
    nn = torch.nn

    class Residual(nn.Module):  # type: ignore[name-defined, misc] # the engine's Module is known at run time
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return torch.relu(x + self.conv2(torch.relu(self.conv1(x))))

    model = nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), Residual(16),
        nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2), Residual(32),
        nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip
    return _classifier(torch, device, model, _random(batch, 1, 28, 28))


def _hello(torch: Any, device: str, batch: int, kind: str) -> Step:
    torch.manual_seed(0)
    cell = getattr(torch.nn, kind)(4, 4).to(device)
    letters = torch.tensor([1, 0, 2, 2, 3], device=device)
    inputs = torch.eye(4, device=device)[letters].view(5, 1, 4).repeat(1, batch, 1)
    labels = torch.tensor([3, 1, 2, 3, 2], device=device).repeat_interleave(batch)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(cell.parameters(), lr=0.05)
    return _trained(torch, cell, lambda: criterion(cell(inputs)[0].view(-1, 4), labels), optimizer, (inputs, labels))


def names(torch: Any, device: str, batch: int) -> Step:
    """Lecture 13: two-layer bidirectional GRU of 100 over packed names."""
    torch.manual_seed(0)
    nn, rnn = torch.nn, torch.nn.utils.rnn
    lengths = torch.tensor(np.sort(_integers(10, batch))[::-1] + 4)
    letters = torch.tensor(_integers(128, int(lengths[0]), batch), device=device)
    countries = torch.tensor(_integers(18, batch), device=device)
    model = nn.ModuleDict(
        {
            "embedding": nn.Embedding(128, 100),
            "gru": nn.GRU(100, 100, 2, bidirectional=True),
            "linear": nn.Linear(200, 18),
        }
    ).to(device)
    criterion = nn.CrossEntropyLoss()

    def forward() -> Any:
        start = torch.zeros(4, batch, 100, device=device)
        _, hidden = model["gru"](rnn.pack_padded_sequence(model["embedding"](letters), lengths), start)
        return criterion(model["linear"](torch.cat([hidden[-1], hidden[-2]], dim=1)), countries)

    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    return _trained(torch, model, forward, optimizer, (letters, countries))


def language_model(torch: Any, device: str, batch: int) -> Step:
    """The language model: LSTM of 200 over 35 steps, 2,000 words, clipped gradients."""
    torch.manual_seed(0)
    nn = torch.nn
    words = torch.tensor(_integers(2000, 36, batch), device=device)
    model = nn.ModuleDict(
        {"embedding": nn.Embedding(2000, 200), "lstm": nn.LSTM(200, 200), "linear": nn.Linear(200, 2000)}
    ).to(device)
    criterion = nn.CrossEntropyLoss()

    def forward() -> Any:
        output, _ = model["lstm"](model["embedding"](words[:-1]))
        return criterion(model["linear"](output).view(-1, 2000), words[1:].reshape(-1))

    return _trained(torch, model, forward, torch.optim.SGD(model.parameters(), lr=1.0), (words,), clip=0.25)


def skip_gram(torch: Any, device: str, batch: int) -> Step:
    """Word vectors: skip-gram with 5 negative samples, 5,000 words of 100."""
    torch.manual_seed(0)
    nn, F = torch.nn, torch.nn.functional
    model = nn.ModuleDict({"centre": nn.Embedding(5000, 100), "context": nn.Embedding(5000, 100)}).to(device)
    centre = torch.tensor(_integers(5000, batch), device=device)
    context = torch.tensor(_integers(5000, batch, 6), device=device)  # the true word, then the sampled ones
    sign = torch.tensor([1.0, -1.0, -1.0, -1.0, -1.0, -1.0], device=device)

    def forward() -> Any:
        scores = torch.bmm(model["context"](context), model["centre"](centre).unsqueeze(2)).squeeze(2)
        return -F.logsigmoid(scores * sign).sum(1).mean()

    return _trained(torch, model, forward, torch.optim.Adam(model.parameters(), lr=0.001), (centre, context))


CASES: dict[str, Case] = {
    "five-op graph": Case(five_ops, (32,), 0.6),
    "5 linear regression": Case(linear_regression, (3,), 0.7),
    "7 diabetes": Case(diabetes, (32,), 0.7),
    "9 MNIST MLP": Case(mlp, (64,), 0.9),
    "10 MNIST CNN": Case(cnn, (64,), 1.3),
    "11 Inception net": Case(inception, (64,), 1.5),
    "11 residual net": Case(residual, (64,), 1.5),
    "12 hello by RNN": Case(partial(_hello, kind="RNN"), (1,), 0.5),
    "12 hello by LSTM": Case(partial(_hello, kind="LSTM"), (1,), 0.5),
    "12 hello by GRU": Case(partial(_hello, kind="GRU"), (1,), 0.5),
    "13 names by bidirectional GRU": Case(names, (256,), 1.0),
    "language model by LSTM": Case(language_model, (20,), 1.0),
    "skip-gram": Case(skip_gram, (512,), 1.0),
}
"""The size is the batch; of the graph, the length of its vectors."""

SMALL = {
    title: case for title, case in CASES.items() if title.startswith(("five-op", "5 linear", "7 diabetes", "12 hello"))
}
"""Steps so small that the engine's own work decides."""
