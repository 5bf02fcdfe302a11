"""Datasets of images: torchvision's names, layout on disk and behaviour."""

from __future__ import annotations

from minitorch.vision.datasets.cifar import CIFAR10 as CIFAR10
from minitorch.vision.datasets.cifar import CIFAR100 as CIFAR100
from minitorch.vision.datasets.fakedata import FakeData as FakeData
from minitorch.vision.datasets.folder import DatasetFolder as DatasetFolder
from minitorch.vision.datasets.folder import ImageFolder as ImageFolder
from minitorch.vision.datasets.mnist import EMNIST as EMNIST
from minitorch.vision.datasets.mnist import KMNIST as KMNIST
from minitorch.vision.datasets.mnist import MNIST as MNIST
from minitorch.vision.datasets.mnist import QMNIST as QMNIST
from minitorch.vision.datasets.mnist import FashionMNIST as FashionMNIST
from minitorch.vision.datasets.vision import VisionDataset as VisionDataset
