"""LBFGS: Newton's method with the inverse Hessian built from the last steps, in O(n) memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.backend import Array, array_module
from minitorch.optim.optimizer import Optimizer, ParamsT, check_lr, number
from minitorch.optim.wolfe import strong_wolfe
from minitorch.tensor import Tensor, wrap


class LBFGS(Optimizer):
    """Up to `max_iter` iterations a step, each evaluating the closure at least once; one group of parameters.

    With `line_search_fn="strong_wolfe"` the length of each is searched for; otherwise it is `lr`. Source: Nocedal and
    Wright, Numerical Optimization, 2006, algorithms 7.4, 7.5. Raises ValueError for options out of range, and for
    several groups.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]  # it cannot do without one
        """One step; returns what the first call of `closure` returns, which must compute loss and gradients anew."""
        group = self.param_groups[0]
        params: list[Tensor] = group["params"]
        lr, max_iter, max_eval = number(group["lr"]), group["max_iter"], group["max_eval"]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported, but line_search_fn is {group['line_search_fn']!r}")
        xp = array_module(params[0]._array)
        state = self.state[params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        result = self._evaluate(closure)
        loss, gradient = float(result), _gathered(xp, params)
        evaluations = 1
        state["func_evals"] += 1
        if _flat(xp, gradient, group["tolerance_grad"]):
            return result
        memory = _Memory(state, group["history_size"])
        for iteration in range(1, max_iter + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction, length = -gradient, min(1.0, 1.0 / xp.abs(gradient).sum()) * lr
            else:
                memory.learn(gradient - memory.gradient, memory.direction * memory.length)
                direction, length = memory.newton(gradient), lr
            memory.direction, memory.gradient, memory.loss = direction, gradient, loss
            slope = xp.dot(gradient, direction)
            if slope > -group["tolerance_change"]:
                memory.length = length
                break
            spent = 0
            if group["line_search_fn"] is not None:
                start = [param._array.copy() for param in params]

                def at(step: Any, start: Any = start, direction: Array = direction) -> tuple[float, Array]:
                    """Loss and gradient at a step along the direction; the parameters stay where they were."""
                    _move(params, step, direction)
                    values = float(self._evaluate(closure)), _gathered(xp, params)
                    for param, array in zip(params, start, strict=True):
                        param._array[...] = array
                    return values

                tries = min(25, max_eval - evaluations)
                loss, gradient, length, spent = strong_wolfe(
                    xp, at, length, direction, loss, gradient, slope, tries, group["tolerance_change"]
                )
                _move(params, length, direction)
            else:
                _move(params, length, direction)
                if iteration < max_iter:
                    loss, gradient, spent = float(self._evaluate(closure)), _gathered(xp, params), 1
            memory.length = length
            evaluations += spent
            state["func_evals"] += spent
            if (
                evaluations >= max_eval
                or _flat(xp, gradient, group["tolerance_grad"])
                or _flat(xp, direction * length, group["tolerance_change"])
                or abs(loss - memory.loss) < group["tolerance_change"]
            ):
                break
        memory.save()
        return result


class _Memory:
    """What is kept from one iteration to the next: the pairs of vectors that the inverse Hessian follows from."""

    def __init__(self, state: dict[str, Any], size: int) -> None:
        self.state = state
        self.size = size
        self.direction, self.length = _array(state.get("d")), _array(state.get("t"))
        self.gradient, self.loss = _array(state.get("prev_flat_grad")), state.get("prev_loss")
        self.turns = [_array(each) for each in state.get("old_dirs", ())]
        self.moves = [_array(each) for each in state.get("old_stps", ())]
        self.inverses = [_array(each) for each in state.get("ro", ())]
        self.scale = _array(state.get("H_diag", 1))

    def learn(self, turn: Array, move: Array) -> None:
        """Takes in how far the parameters moved and how the gradient turned; only where the loss curves upwards."""
        xp = array_module(turn)
        curvature = xp.dot(turn, move)
        if curvature <= 1e-10:
            return
        if len(self.turns) == self.size:
            for kept in (self.turns, self.moves, self.inverses):
                del kept[0]
        self.turns.append(turn)
        self.moves.append(move)
        self.inverses.append(1.0 / curvature)
        self.scale = curvature / xp.dot(turn, turn)

    def newton(self, gradient: Array) -> Array:
        """Minus the inverse Hessian times the gradient, by two loops over the pairs."""
        xp = array_module(gradient)
        out, shares = -gradient, []
        pairs = list(zip(self.turns, self.moves, self.inverses, strict=True))
        for turn, move, inverse in reversed(pairs):
            share = xp.dot(move, out) * inverse
            out -= share * turn
            shares.append(share)
        out *= self.scale
        for (turn, move, inverse), share in zip(pairs, reversed(shares), strict=True):
            out += (share - xp.dot(turn, out) * inverse) * move
        self.state["al"] = [_tensor(share, gradient) for share in reversed(shares)] + [None] * (self.size - len(shares))
        return out

    def save(self) -> None:
        """Puts all into the optimizer's state, under torch's names."""
        like = self.gradient
        self.state.update(
            d=_tensor(self.direction, like),
            t=_tensor(self.length, like),
            old_dirs=[_tensor(each, like) for each in self.turns],
            old_stps=[_tensor(each, like) for each in self.moves],
            ro=[_tensor(each, like) for each in self.inverses],
            H_diag=_tensor(self.scale, like),
            prev_flat_grad=_tensor(self.gradient, like),
            prev_loss=self.loss,
        )


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Tensor) else value


def _tensor(value: Any, like: Array) -> Any:
    """Arrays, and NumPy's scalars, as tensors; Python's numbers as they are."""
    return value if value.__class__ in (int, float) else wrap(array_module(like).asarray(value))


def _gathered(xp: Any, params: list[Tensor]) -> Array:
    """All gradients in one row; zeros for those that are missing."""
    rows = [
        xp.zeros(param._array.size, param._array.dtype) if param._grad is None else param._grad._array.reshape(-1)
        for param in params
    ]
    return xp.concatenate(rows)


def _move(params: list[Tensor], length: Any, direction: Array) -> None:
    """Moves all parameters along their parts of the direction."""
    start = 0
    for param in params:
        value = param._array
        value += length * direction[start : start + value.size].reshape(value.shape)
        param._written()
        start += value.size


def _flat(xp: Any, array: Array, tolerance: float) -> bool:
    """Whether no element is larger than the tolerance."""
    return bool(xp.abs(array).max() <= tolerance)
