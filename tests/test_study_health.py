"""Gradient health: the numbers of a watched training, what is flagged and what is not, and `minitorch health`."""

from __future__ import annotations

import gc
import json
import math
import os
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn
from minitorch.autograd.observer import observers
from minitorch.nn.hooks import everywhere
from minitorch.optim import optimizer as optimizers
from minitorch.study.health import Health, health
from minitorch.study.health.data import Activation, Training
from minitorch.study.health.flags import Flag
from minitorch.study.health.table import trend
from tests import standin

F = nn.functional
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def data(rows: int = 64, columns: int = 10) -> tuple[Any, Any]:
    x = torch.randn(rows, columns)
    return x, x.sum(1, keepdim=True)


def small() -> Any:
    return nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 1))


def train(model: Any, optimizer: Any, steps: int, x: Any, y: Any) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()


def only(report: Health) -> Training:
    assert len(report.trainings) == 1, report
    return report.trainings[0]


def kinds(report: Health) -> set[str]:
    return {flag.kind for flag in report.flags}


def flag(report: Health, kind: str) -> Flag:
    found = [each for each in report.flags if each.kind == kind]
    assert len(found) == 1, report
    return found[0]


# --- the numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_a_row_holds_the_norms_of_gradient_weight_and_real_update(kind: Any) -> None:
    model = small()
    x, y = data()
    optimizer = kind(model.parameters(), lr=0.05, weight_decay=0.1)
    expected = []
    with health() as report:
        for _ in range(3):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            before = [p.detach().numpy().copy().ravel() for p in model[0].parameters()]
            gradient = np.concatenate([p.grad.numpy().ravel() for p in model[0].parameters()])
            optimizer.step()
            after = [p.detach().numpy().ravel() for p in model[0].parameters()]
            weight, moved = np.concatenate(before), np.concatenate(after) - np.concatenate(before)
            norm = np.linalg.norm
            expected.append((norm(gradient), np.abs(gradient).max(), norm(weight), norm(moved), loss.item()))
    training = only(report)
    layer = training.layers["model.0"]
    assert list(layer.steps) == [1, 2, 3]
    assert layer.parameters == {"model.0.weight", "model.0.bias"}
    rows = zip(layer.gradient, layer.largest, layer.weight, layer.update, training.losses, strict=True)
    np.testing.assert_allclose(list(rows), expected, rtol=1e-5)  # type: ignore[arg-type]  # no loss is None
    np.testing.assert_allclose(layer.ratio, [row[3] / row[2] for row in expected], rtol=1e-5)


def test_the_gradient_is_that_which_the_step_is_made_of() -> None:
    model = nn.Linear(10, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = data()
    with health() as report:
        (100 * F.mse_loss(model(x), y)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
    assert only(report).layers["model"].gradient[0] == pytest.approx(0.5, rel=1e-4)


def test_layers_come_in_the_order_of_the_forward_pass() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(4, 1)
            self.first = nn.Linear(10, 4)

        def forward(self, x: Any) -> Any:
            return self.last(torch.tanh(self.first(x)))

    net = Net()
    with health() as report:
        train(net, torch.optim.SGD(net.parameters(), lr=0.01), 2, *data())
    assert [layer.name for layer in only(report).in_order()] == ["net.first", "net.last"]
    assert list(only(report).activations) == [("tanh", "net.first")]


def test_a_given_model_names_its_layers_and_hides_the_others() -> None:
    model, other = small(), nn.Linear(1, 1)
    optimizer = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.01)
    x, y = data()
    with health(model) as report:
        for _ in range(2):
            optimizer.zero_grad()
            F.mse_loss(other(model(x)), y).backward()
            optimizer.step()
    assert list(only(report).layers) == ["0", "2"]
    one = nn.Linear(10, 1)
    with health(one) as report:
        train(one, torch.optim.SGD(one.parameters(), lr=0.01), 2, x, y)
    assert list(only(report).layers) == ["Linear"]


def test_names_are_found_where_a_script_keeps_its_model() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.model = small()
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)

    trainer = Trainer()
    with health() as report:
        train(trainer.model, trainer.optimizer, 2, *data())
    assert set(only(report).layers) == {"trainer.model.0", "trainer.model.2"}
    assert only(report).title == "SGD(lr=0.01) of trainer.model"


def in_place(w: Any) -> Any:
    w.data -= 0.1 * w.grad
    w.grad.zero_()
    return w


def without_grad(w: Any) -> Any:
    with torch.no_grad():
        w -= 0.1 * w.grad
    w.grad = None
    return w


def made_anew(w: Any) -> Any:
    return (w - 0.1 * w.grad).detach().requires_grad_()


@pytest.mark.parametrize("update", [in_place, without_grad, made_anew])
def test_updates_by_hand_are_steps(update: Callable[[Any], Any]) -> None:
    x = torch.randn(20, 3)
    y = x @ torch.tensor([1.0, 2.0, 3.0])
    w = torch.ones(3, requires_grad=True)
    losses = []
    with health() as report:
        for _ in range(6):
            loss = ((x @ w - y) ** 2).mean()
            loss.backward()
            losses.append(loss.item())
            w = update(w)
        (x @ w).sum()  # a tensor that is made anew is not seen before it is used
    training = only(report)
    assert training.title == "updates by hand of w"
    assert training.losses == pytest.approx(losses)
    np.testing.assert_allclose(training.layers["w"].update, 0.1 * np.array(training.layers["w"].gradient), rtol=1e-4)


def test_gradients_may_be_asked_for() -> None:
    x = torch.randn(20, 3)
    y = x @ torch.tensor([1.0, 2.0, 3.0])
    w = torch.ones(3, requires_grad=True)
    norms, losses = [], []
    with health() as report:
        for _ in range(5):
            loss = ((x @ w - y) ** 2).mean()
            (gradient,) = torch.autograd.grad(loss, w)
            losses.append(loss.item())
            norms.append(gradient.norm().item())
            with torch.no_grad():
                w -= 0.1 * gradient
    training = only(report)
    assert (training.title, training.steps, training.passes) == ("updates by hand of w", 5, 5)
    assert training.losses == pytest.approx(losses)
    assert list(training.layers["w"].gradient) == pytest.approx(norms)


def test_a_penalty_on_gradients_is_part_of_its_step() -> None:
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1, bias=False))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with health() as report:
        for _ in range(15):
            points = torch.randn(32, 2).requires_grad_()
            (slope,) = torch.autograd.grad(model(points).sum(), points, create_graph=True)
            loss = ((slope.norm(2, dim=1) - 1) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert only(report).losses[-1] == pytest.approx(loss.item())
    assert not report.flags


def test_a_loss_may_be_a_function_of_the_scripts_own() -> None:
    class Squares(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return (x**2).sum()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0]

    w = torch.ones(2, 2, requires_grad=True)
    with health() as report:
        Squares.apply(w).backward()
        w.data -= 0.1 * w.grad
    assert only(report).losses == [4.0]


def test_batches_that_require_grad_are_not_taken_for_updates() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with health() as report:
        for _ in range(15):
            x, y = data()
            x.requires_grad = True
            F.mse_loss(model(x), y).backward()
            harder = (x + 0.1 * x.grad.sign()).detach()
            optimizer.zero_grad()
            loss = F.mse_loss(model(harder), y)
            loss.backward()
            optimizer.step()
    assert only(report).losses[-1] == pytest.approx(loss.item())  # what was cleared has no part in the step
    assert not report.flags


def test_accumulated_gradients_are_one_step() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    x, y = data()
    with health() as report:
        for _ in range(5):
            for part in (slice(0, 32), slice(32, 64)):
                (F.mse_loss(model(x[part]), y[part]) / 2).backward()
            optimizer.step()
            optimizer.zero_grad()
    training = only(report)
    assert (training.steps, training.passes, training.carried) == (5, 10, 0)
    assert not report.flags


def test_closures_are_one_step() -> None:
    model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    x = torch.linspace(-1, 1, 20).unsqueeze(1)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), torch.sin(3 * x))
        loss.backward()
        return loss

    with health() as report:
        for _ in range(10):
            optimizer.step(closure)
    training = only(report)
    assert training.title == "LBFGS(lr=1) of model"
    assert training.steps == 10
    assert len(training.layers["model.0"].gradient) == 10
    assert not report.flags


def test_a_gan_is_two_trainings_that_take_turns() -> None:
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Sigmoid())
    of_critic = torch.optim.Adam(critic.parameters(), lr=1e-3)
    of_generator = torch.optim.Adam(generator.parameters(), lr=1e-3)
    ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
    with health(every=2) as report:
        for _ in range(60):
            made = generator(torch.randn(32, 4))
            critic.zero_grad()
            F.binary_cross_entropy(critic(torch.randn(32, 2)), ones).backward()
            F.binary_cross_entropy(critic(made.detach()), zeros).backward()
            of_critic.step()
            generator.zero_grad()
            F.binary_cross_entropy(critic(made), ones).backward()
            of_generator.step()
    first, second = report.trainings
    assert (first.title, first.steps, first.passes) == ("Adam(lr=0.001) of critic", 60, 120)
    assert (second.title, second.steps, second.passes) == ("Adam(lr=0.001) of generator", 60, 60)
    assert len(first.layers["critic.0"].steps) == len(second.layers["generator.0"].steps) == 30
    assert ("relu", "generator.0") in second.activations
    assert not second.carried
    assert not report.flags


def test_two_optimizers_of_one_backward_pass_make_one_training() -> None:
    encoder, decoder = nn.Linear(10, 5), nn.Linear(5, 1)
    first, second = (torch.optim.SGD(part.parameters(), lr=0.01) for part in (encoder, decoder))
    x, y = data()
    with health() as report:
        for _ in range(4):
            encoder.zero_grad()
            decoder.zero_grad()
            F.mse_loss(decoder(encoder(x)), y).backward()
            first.step()
            second.step()
    training = only(report)
    assert training.steps == 4
    assert list(training.layers["decoder"].steps) == list(training.layers["encoder"].steps) == [1, 2, 3, 4]


def test_every_thins_out_all_but_the_losses() -> None:
    model = small()
    with health(every=3) as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.01), 10, *data())
    training = only(report)
    assert list(training.layers["model.0"].steps) == [1, 4, 7, 10]
    assert len(training.losses) == 10
    assert "one of 3 measured" in str(report)


def test_the_block_is_left_after_the_steps_asked_for() -> None:
    model = small()
    done = False
    with health(steps=4) as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.01), 10, *data())
        done = True
    assert only(report).steps == 4
    assert not done


def test_gradients_alone_are_shown_too() -> None:
    model = small()
    x, y = data()
    with health() as report:
        F.mse_loss(model(x), y).backward()
    assert not only(report).updated
    assert only(report).layers["model.0"].gradient[0] > 0
    assert "1 backward pass, and no update" in str(report)
    with health() as report:
        model(x)
    assert "No backward pass was seen" in str(report)


def test_nothing_is_left_behind() -> None:
    before = everywhere.at_call  # hooks of other tests may have been there
    with pytest.raises(RuntimeError, match="stop"), health():
        small()(data()[0])
        raise RuntimeError("stop")
    assert observers == []
    assert everywhere.at_call == before
    assert not optimizers._before_every_step
    assert not optimizers._after_every_step


def test_only_numbers_are_kept() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with health() as report:
        train(model, optimizer, 3, *data())
    gone = [weakref.ref(parameter) for parameter in model.parameters()]
    del model, optimizer
    gc.collect()
    assert [ref() for ref in gone] == [None] * 4
    assert only(report).steps == 3


def test_numbers_of_a_gpu_are_the_same() -> None:
    with standin.installed():
        rows = []
        for device in ("cpu", "cuda"):
            torch.manual_seed(0)
            model = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
            w = torch.ones(3, device=device, requires_grad=True)
            x, y = (each.to(device) for each in data())
            with health() as report:
                train(model, optimizer, 12, x, y)
                for step in range(6):
                    ((w - w.detach() * (step == 4)) ** 2).sum().sqrt().backward()
                    w.data -= 0.1 * w.grad
                    w.grad.zero_()
            rows.append(json.loads(report.to_json()))
        cpu, gpu = (each["trainings"] for each in rows)
        assert [each["kind"] for each in rows[0]["flags"]] == [each["kind"] for each in rows[1]["flags"]] == ["inf"]
        assert cpu[0]["activations"] == gpu[0]["activations"]
        for own, theirs in zip(cpu[0]["layers"], gpu[0]["layers"], strict=True):
            for key in ("gradient_norm", "gradient_max", "weight_norm", "update_norm"):
                np.testing.assert_allclose(own[key], theirs[key], rtol=1e-5)


# --- activations -----------------------------------------------------------------------------------------------------


def test_zeros_of_relus_are_counted_by_unit() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3)
            self.fc = nn.Linear(4, 1)
            with torch.no_grad():
                self.conv.bias[:] = torch.tensor([-100.0, 100.0, 100.0, 100.0])

        def forward(self, x: Any) -> Any:
            return self.fc(F.max_pool2d(F.relu(self.conv(x)), 4).flatten(1))

    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0001)
    with health() as report:
        for _ in range(12):
            optimizer.zero_grad()
            net(torch.randn(32, 1, 6, 6)).mean().backward()
            optimizer.step()
    site = only(report).activations["relu", "net.conv"]
    assert list(site.share) == [0.25] * 12
    assert list(site.dead) == [0.0] * 9 + [0.25] * 3
    assert site.hidden


def test_a_unit_is_dead_only_after_a_window_of_steps_and_samples() -> None:
    few, back = Activation("relu", "a"), Activation("relu", "b")
    alive = np.array([True, False])
    for step in range(40):
        few.add(step, 0.5, alive, 5)
        back.add(step, 0.5, alive if step % 9 else np.array([True, True]), 1000)
    assert few.dead[30] == 0.0  # ten steps, but 155 samples
    assert few.dead[-1] == 0.0
    assert max(back.dead) == 0.0


@pytest.mark.parametrize("relu", [lambda h: h.clamp(min=0), F.relu6, torch.relu, lambda h: F.relu(h, inplace=True)])
def test_units_are_rows_where_the_weight_stands_on_the_left(relu: Callable[[Any], Any]) -> None:
    w, v = torch.randn(5, 3), torch.randn(1, 5, requires_grad=True)
    w[0] = 0.0
    b = torch.zeros(5, 1)
    b[0] = -1.0
    for tensor in (w, b):
        tensor.requires_grad = True
    optimizer = torch.optim.SGD([w, b, v], lr=1e-4)
    with health() as report:
        for _ in range(12):
            optimizer.zero_grad()
            (v @ relu(w @ torch.randn(3, 100) + b)).mean().backward()
            optimizer.step()
    (site,) = only(report).activations.values()
    assert site.after == "w"
    assert site.dead[-1] == pytest.approx(0.2)


def test_the_last_sigmoid_may_saturate() -> None:
    model = nn.Sequential(nn.Linear(10, 10), nn.Sigmoid(), nn.Linear(10, 1), nn.Sigmoid())
    with torch.no_grad():
        model[2].weight.fill_(50.0)
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=1e-6), 12, *data())
    hidden, output = only(report).activations.values()
    assert hidden.hidden
    assert not output.hidden
    assert output.share[-1] == 1.0
    assert "saturated" not in kinds(report)


# --- what is flagged -------------------------------------------------------------------------------------------------


def test_a_deep_net_of_sigmoids_vanishes() -> None:
    layers = [part for _ in range(20) for part in (nn.Linear(8, 8), nn.Sigmoid())]
    model = nn.Sequential(*layers, nn.Linear(8, 1))
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), 12, *data(columns=8))
    found = flag(report, "vanishing gradients")
    assert "layer model.0 (the first)" in found.seen
    assert "model.40 (the last" in found.seen
    assert "relu" in found.advice


def test_a_rate_that_is_far_too_large_explodes() -> None:
    model = nn.Linear(1, 1)
    x = torch.tensor([[1.0], [2.0], [3.0]])
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.3), 40, x, 2 * x)
    assert {"exploding gradients", "loss diverging"} <= kinds(report)
    assert "rose from" in flag(report, "loss diverging").seen


def test_a_recurrent_net_explodes_until_it_breaks() -> None:
    rnn, head = nn.RNN(4, 16, nonlinearity="relu"), nn.Linear(16, 1)
    nn.init.orthogonal_(rnn.weight_hh_l0, gain=1.15)
    optimizer = torch.optim.SGD([*rnn.parameters(), *head.parameters()], lr=0.01)
    with health() as report:
        for _ in range(25):
            x = torch.randn(60, 16, 4)
            optimizer.zero_grad()
            F.mse_loss(head(rnn(x)[1][0]), x.sum((0, 2)).unsqueeze(1)).backward()
            optimizer.step()
    assert "layer rnn" in flag(report, "exploding gradients").seen
    assert kinds(report) & {"nan", "inf"}


def test_relus_behind_a_negative_bias_are_dead() -> None:
    model = small()
    model[0].bias.data.fill_(-20.0)
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.01), 12, *data())
    assert "relu after model.0: 100% of the units" in flag(report, "dead relus").seen


def test_a_hidden_layer_with_large_weights_saturates() -> None:
    model = nn.Sequential(nn.Linear(10, 10), nn.Tanh(), nn.Linear(10, 1))
    with torch.no_grad():
        model[0].weight *= 100.0
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=1e-4), 12, *data())
    assert "tanh after model.0: " in flag(report, "saturated").seen


def test_forgotten_zero_grad_is_named() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    x, y = data()
    w = torch.zeros(10, 1, requires_grad=True)
    with health() as report:
        for _ in range(6):
            F.mse_loss(model(x), y).backward()
            optimizer.step()
        for _ in range(6):
            F.mse_loss(x @ w, y).backward()
            w.data -= 0.01 * w.grad
    found = [each for each in report.flags if each.kind == "gradients not cleared"]
    assert len(found) == 2
    assert "at 5 of 5 steps" in found[0].seen
    assert "zero_grad" in found[0].advice


@pytest.mark.parametrize("rate", [0.0, 1e-7])
def test_a_rate_that_is_far_too_small_is_named(rate: float) -> None:
    model = small()
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=rate), 60, *data())
    if rate:
        assert "factor of about 1000" in flag(report, "updates too small").advice
    else:
        assert "60 steps had gradients and changed no weight" in flag(report, "not updated").seen
        assert "loss not falling" in kinds(report)


def test_steps_that_jump_to_and_fro_are_named() -> None:
    w = torch.ones(4, 4, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0)
    with health() as report:
        for _ in range(12):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()
    assert "layer w changes by 2 of its weights" in flag(report, "updates too large").seen


def test_a_model_that_is_not_the_optimizers_is_named() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model = small()
    with health() as report:
        train(model, optimizer, 12, *data())
    assert (
        "none of the optimizer's parameters had a gradient at any of its 12 steps" in flag(report, "no gradient").seen
    )
    assert "model.0.weight, model.0.bias, model.2.weight and 1 more" in flag(report, "not updated").seen


def test_a_model_that_nothing_updates_is_named() -> None:
    model = small()
    x, y = data()
    with health() as report:
        for _ in range(10):
            model.zero_grad()
            F.mse_loss(model(x), y).backward()
    assert "in up to 10 backward passes" in flag(report, "not updated").seen


def test_frozen_unused_and_forgotten_parameters_are_told_apart() -> None:
    model = nn.Sequential(nn.Linear(10, 8), nn.Linear(8, 8), nn.Linear(8, 1))
    model.extra = nn.Linear(2, 2)
    model[0].requires_grad_(False)
    model.forward = lambda x: model[2](model[1](model[0](x)))  # type: ignore[method-assign]  # extra is not used
    with health() as report:
        train(model, torch.optim.SGD(model[2].parameters(), lr=0.01), 10, *data())
    assert "Frozen (requires_grad=False): model.0.weight, model.0.bias, in 1 layers." in str(report)
    assert flag(report, "not updated").seen.startswith("model.1.weight, model.1.bias got gradients")
    assert flag(report, "no gradient").seen.startswith("model.extra.weight, model.extra.bias never got a gradient")


def test_the_first_nan_is_traced_to_its_operation() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, _ = data()
    with health() as report:
        for step in range(6):
            optimizer.zero_grad()
            output = torch.sigmoid(model(x)) * (step != 3)
            torch.log(output).mean().backward()
            optimizer.step()
    found = flag(report, "inf")
    assert found.seen.startswith("step 4 is the first")
    assert "inf from operation `log` (test_study_health.py:" in found.seen
    assert "after layer model.2" in found.seen
    assert "loss not falling" not in kinds(report)


def test_the_first_nan_is_traced_to_its_gradient_rule() -> None:
    w = torch.ones(3, requires_grad=True)
    with health() as report:
        for step in range(5):
            distance = w - (w.detach() if step == 2 else torch.randn(3))
            torch.sqrt((distance**2).sum()).backward()
            w.data -= 0.1 * w.grad
            w.grad = None
    assert "step 3 is the first" in flag(report, "inf").seen
    assert "the gradient rule of SqrtBackward0, on the way to layer w" in flag(report, "inf").seen


def test_nan_in_the_data_is_told_apart() -> None:
    model = small()
    x, y = data()
    x[3, 3] = math.nan
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.01), 3, x, y)
    assert "nan from what came into operation `linear`" in flag(report, "nan").seen


def test_a_mask_of_infinities_breaks_nothing() -> None:
    model = nn.Linear(10, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, _ = data()
    hidden = torch.ones(64, 10).tril().bool()
    with health() as report:
        for _ in range(6):
            optimizer.zero_grad()
            model(x).masked_fill(~hidden, -math.inf).softmax(dim=1)[:, 0].log().mean().neg().backward()
            optimizer.step()
    assert not kinds(report) & {"nan", "inf"}


def test_converged_trainings_are_left_alone() -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    model = nn.Linear(1, 1)
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), 400, x, 2 * x)
    losses = only(report).losses
    assert losses[-1] is not None and losses[-1] < 1e-8
    assert "No sign of trouble." in str(report)


def test_a_bias_before_batch_norm_is_left_alone() -> None:
    model = nn.Sequential(nn.Linear(10, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 1))
    with health() as report:
        train(model, torch.optim.Adam(model.parameters(), lr=0.01), 60, *data())
    assert not report.flags


# --- shown -----------------------------------------------------------------------------------------------------------


def trained(steps: int = 15) -> Health:
    model = small()
    with health() as report:
        train(model, torch.optim.SGD(model.parameters(), lr=0.05), steps, *data())
    return report


def test_the_table_has_a_row_for_each_layer() -> None:
    lines = str(trained()).splitlines()
    assert lines[2] == "SGD(lr=0.05) of model: 15 steps"
    rows = [line.split() for line in lines]
    assert [row[0] for row in rows if row and row[0].startswith("model.")] == ["model.0", "model.2"]
    assert any(line.startswith("  relu after model.0") for line in lines)
    assert max(map(len, lines)) <= 120


def test_the_table_is_plain_where_bars_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        encoding = "ascii"

    report = trained()
    assert not str(report).isascii()
    monkeypatch.setattr(sys, "stdout", Plain())
    assert str(report).isascii()


def test_a_trend_is_a_bar_for_each_part() -> None:
    assert trend([1.0, 10.0, 100.0], "123") == "123"
    assert trend([5.0] * 40, "123") == "1" * 16
    assert trend([1.0, math.nan, 1.0], "123") == "1x1"
    assert trend([0.0, 0.5, 1.0], "123", logarithmic=False, bounds=(0.0, 1.0)) == "123"
    assert trend([]) == ""


def test_json_holds_every_number() -> None:
    report = trained()
    only(report).losses[2] = math.nan
    whole = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (whole["format"], whole["version"], whole["every"]) == ("minitorch-health", 1, 1)
    (training,) = whole["trainings"]
    assert training["loss"][2] == "nan"
    layer = training["layers"][0]
    assert layer["name"] == "model.0"
    assert layer["gradient_norm"] == list(only(report).layers["model.0"].gradient)
    assert {len(layer[key]) for key in ("step", "gradient_max", "weight_norm", "update_norm")} == {15}
    assert training["activations"][0]["name"] == "relu after model.0"
    assert [each["gradients"] for each in whole["parameters"]] == [15] * 4


def test_a_figure_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    report = trained()
    report.plot(tmp_path / "health.png")
    assert (tmp_path / "health.png").read_bytes().startswith(b"\x89PNG")
    report.plot(tmp_path / "health.svg")
    svg = (tmp_path / "health.svg").read_text()
    assert svg.rstrip().endswith("</svg>")
    Health(1).plot(str(tmp_path / "empty.png"))

    def half(self: Any, path: Path, **options: Any) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(figures.Figure, "savefig", half)
    with pytest.raises(OSError, match="No space"):
        report.plot(tmp_path / "other.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.png", "health.png", "health.svg"]


def test_a_figure_of_sixty_layers_names_the_extremes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    report = trained(400)
    (layer, *_) = only(report).layers.values()
    only(report).layers = {f"layer{k}": type(layer)(f"layer{k}", k) for k in range(60)}
    for k, each in enumerate(only(report).layers.values()):
        for step in range(3):
            each.add(step, 10.0**-k, 1.0, 1.0, 1e-3)
    seen: list[Any] = []
    monkeypatch.setattr(figures.Figure, "savefig", lambda self, path, **options: (seen.append(self), path.touch()))
    report.plot(tmp_path / "health.png")
    gradients, updates, activations, losses = seen[0].axes[:4]
    assert len(gradients.lines) == 60
    names = [text.get_text() for text in gradients.get_legend().get_texts()]
    assert names == ["layer0", "layer1", "layer2", "layer57", "layer58", "layer59"]
    assert gradients.get_yscale() == updates.get_yscale() == "log"
    assert any("1e-3" in text.get_text() for text in updates.texts)
    assert activations.get_ylim() == pytest.approx((-0.03, 1.03))
    assert len(losses.lines) == 2  # the points, and their medians


def test_what_is_asked_for_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match=r"model must be a Module, not list"), health([]):  # type: ignore[arg-type]
        pytest.fail("entered")
    for name, value in (("every", 0), ("steps", -1), ("every", 1.5)):
        with pytest.raises(ValueError, match=f"{name} must be a whole number above 0"), health(**{name: value}):
            pytest.fail("entered")
    with pytest.raises(ValueError, match=r"ends in \.png, \.pdf, \.svg, got"):
        Health(1).plot(tmp_path / "health.jpg")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match="pip install matplotlib"):
        Health(1).plot(tmp_path / "health.png")


# --- the command -----------------------------------------------------------------------------------------------------

SCRIPT = """
    import sys
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for step in range(20):
        x = torch.randn(32, 4 if step < int(sys.argv[1]) else 5)
        loss = ((model(x) - x[:, :1]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("done", *sys.argv[1:])
    sys.exit(3)
"""


def command(*args: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "health", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(SCRIPT))
    return path


def test_a_script_runs_first_and_is_reported_then(script: Path) -> None:
    code, out, err = command("train.py", "--json", "health.json", "--", "99", "--lr", cwd=script.parent)
    assert (code, err) == (3, "")
    assert out.startswith("done 99 --lr\n\nGradient health\n\nSGD(lr=0.05) of model: 20 steps\n")
    assert len(json.loads((script.parent / "health.json").read_text())["trainings"][0]["loss"]) == 20


def test_a_script_that_fails_is_reported_up_to_there(script: Path) -> None:
    code, out, err = command("train.py", "--json", "/dev/full", "--", "12", cwd=script.parent)
    assert code == 1
    line, err = err.split("\n", 1)
    assert line == "minitorch: error: cannot write /dev/full: No space left on device"
    assert "SGD(lr=0.05) of model: 12 steps" in out
    assert "done" not in out
    assert err.startswith(f'Traceback (most recent call last):\n  File "{script}", line 11')
    assert "shapes cannot be multiplied (32x5 and 4x8)" in err


def test_a_lecture_is_stopped_after_the_steps_asked_for(tmp_path: Path) -> None:
    code, out, err = command("06", "--steps", "30", "--every", "10", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "SGD(lr=0.5) of model.linear: 30 steps, one of 10 measured" in out
    assert out.endswith("No sign of trouble.\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nothing.py"], "no such script: nothing.py"),
        (["99x"], "no script '99x', and no lecture '99x'"),
        (["05", "--steps", "0"], "argument --steps: expected a whole number above 0, got '0'"),
        (["05", "--plot", "health.jpg"], "argument --plot: expected a name that ends in .png, .pdf or .svg"),
        (["05", "--json", "nowhere/x.json"], "argument --json: expected a file in a directory that exists"),
    ],
)
def test_bad_input_is_one_line(args: list[str], message: str, tmp_path: Path) -> None:
    code, out, err = command(*args, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("minitorch: error: ")
    assert message in err
    assert err.count("\n") == 1


# --- torch.func -------------------------------------------------------------------------------------------------------


def test_per_sample_gradients_are_no_steps_and_change_nothing() -> None:
    x, y = data(8)
    model = small()
    weights = {name: each.detach() for name, each in model.named_parameters()}

    def loss_of(weights: Any, x: Any, y: Any) -> Any:
        return F.mse_loss(torch.func.functional_call(model, weights, (x,)), y)

    with health() as report:
        torch.func.vmap(torch.func.grad(loss_of), in_dims=(None, 0, 0))(weights, x, y)
        train(model, torch.optim.SGD(model.parameters(), lr=0.01), 3, x, y)
    assert only(report).steps == 3 and only(report).passes == 3
    assert [each.name for each in report.parameters] == [
        "model.0.weight",
        "model.0.bias",
        "model.2.weight",
        "model.2.bias",
    ]


def test_a_training_through_vmap_has_the_same_numbers() -> None:
    x, y = data(8)
    found = []
    for through in (False, True):
        torch.manual_seed(1)
        model = small()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        call = torch.func.vmap(model) if through else model
        with health() as report:
            for _ in range(2):
                optimizer.zero_grad()
                F.mse_loss(call(x), y).backward()
                optimizer.step()
        found.append(only(report))
    plain, mapped = found
    assert list(plain.layers) == list(mapped.layers) and list(plain.activations) == list(mapped.activations)
    np.testing.assert_allclose(plain.losses, mapped.losses, rtol=1e-5)
    for name, site in plain.activations.items():
        other = mapped.activations[name]
        assert site.share == other.share and site.hidden == other.hidden
        np.testing.assert_array_equal(site.silent, other.silent)


def test_what_is_not_finite_within_vmap_is_found() -> None:
    w = torch.ones(2, requires_grad=True)
    with health() as report:
        for _ in range(2):
            loss = torch.func.vmap(lambda row, w=w: (row * w).log().sum())(
                torch.tensor([[1.0, 2.0], [1.0, -1.0]])
            ).sum()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
    broken = only(report).broken
    assert broken is not None and broken.what == "nan" and "`log`" in broken.where
