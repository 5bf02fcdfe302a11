"""DistributedSampler: the share of a dataset that one of several processes reads."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from minitorch.ops.random import Generator, randperm
from minitorch.utils.data.sampler import Sampler, Sized, T_co


class DistributedSampler(Sampler[T_co]):
    """Every `num_replicas`-th index, from the `rank`-th on, of an order that all the processes share.

    Indices from the order's start fill it up, or with `drop_last` some at its end are left out, so that all shares are
    as long. With `shuffle` the order is drawn from `seed` plus the epoch, which `set_epoch` sets.
    Raises RuntimeError when num_replicas or rank is not given, ValueError for a rank that there is not.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "Requires distributed package to be available: minitorch computes in one process; pass num_replicas "
                "and rank"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.num_samples = len(dataset) // num_replicas if drop_last else -(-len(dataset) // num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[T_co]:
        order: list[Any] = list(range(len(self.dataset)))
        if self.shuffle:
            order = randperm(len(order), generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        return itertools.islice(itertools.cycle(order), self.rank, self.total_size, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch comes next: shuffled, each has its own order."""
        self.epoch = epoch
