"""Models: names and shapes against torchvision's, numbers against the same source on torch, weights, and errors."""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib
import inspect
import multiprocessing.spawn
import pickle
import sys
import threading
import types
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch

import minitorch
from minitorch import runner
from minitorch.vision import models

Engine = tuple[Any, types.ModuleType]  # torch or minitorch, and the models on it
Make = Callable[[Any, Any], Any]


@pytest.fixture(scope="module")
def on_torch() -> Iterator[Any]:
    """The models' source on torch, as the torch engine serves it where torchvision is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", list(sys.meta_path))
        spawning = "get_preparation_data"
        patch.setattr(multiprocessing.spawn, spawning, getattr(multiprocessing.spawn, spawning))
        runner.offer_vision()
        yield importlib.import_module("torchvision.models")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


@pytest.fixture(params=["minitorch", "torch"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "minitorch":
        return minitorch, models
    return torch, request.getfixturevalue("on_torch")


@pytest.fixture
def without_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the weights of new models as they lie in memory: large models are made in no time."""
    for library in (minitorch, torch):
        for name in ("uniform_", "normal_", "kaiming_uniform_", "kaiming_normal_", "trunc_normal_"):
            monkeypatch.setattr(library.nn.init, name, lambda tensor, *args, **kwargs: tensor)


# --- names and shapes ----------------------------------------------------------------------------------------------

# The number of parameters, and the beginning of the SHA-256 of a line "key shape" for each entry of the state_dict:
# both were taken of torchvision 0.28. GoogLeNet's number is with its auxiliary classifiers.
TORCHVISION = {
    "alexnet": (61_100_840, "214045a0c08f"),
    "densenet121": (7_978_856, "d52aa585c671"),
    "densenet161": (28_681_000, "726b4d40ddb1"),
    "densenet169": (14_149_480, "04c0da21c301"),
    "densenet201": (20_013_928, "8fd3fcb6e275"),
    "googlenet": (13_004_888, "e2cf6c5ea766"),
    "mobilenet_v2": (3_504_872, "5c45000c8dea"),
    "resnet101": (44_549_160, "0e9191dd134c"),
    "resnet152": (60_192_808, "47360b6062c7"),
    "resnet18": (11_689_512, "761022b221a3"),
    "resnet34": (21_797_672, "1a060acae7a4"),
    "resnet50": (25_557_032, "3fa57287149b"),
    "resnext101_32x8d": (88_791_336, "07e967fd83ad"),
    "resnext101_64x4d": (83_455_272, "ea9d27eaae83"),
    "resnext50_32x4d": (25_028_904, "01e2eaa8da40"),
    "squeezenet1_0": (1_248_424, "dc8fa2e3e593"),
    "squeezenet1_1": (1_235_496, "9879b1f214fa"),
    "vgg11": (132_863_336, "a4a2a4a84e73"),
    "vgg11_bn": (132_868_840, "6aaf84aad415"),
    "vgg13": (133_047_848, "9dc9518e7646"),
    "vgg13_bn": (133_053_736, "9a11dd9903f0"),
    "vgg16": (138_357_544, "6f36a6fd49b6"),
    "vgg16_bn": (138_365_992, "5f99e428d932"),
    "vgg19": (143_667_240, "e05a894c9ad1"),
    "vgg19_bn": (143_678_248, "4c042cc97e1d"),
    "wide_resnet101_2": (126_886_696, "e730908dc76a"),
    "wide_resnet50_2": (68_883_240, "07e4b58a5307"),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_parameters_and_state_dict_are_torchvisions(name: str, without_draws: None) -> None:
    options = {"init_weights": False} if name == "googlenet" else {}
    model = models.get_model(name, **options)
    lines = "".join(f"{key} {tuple(value.shape)}\n" for key, value in model.state_dict().items())
    count = sum(parameter.numel() for parameter in model.parameters())
    assert (count, hashlib.sha256(lines.encode()).hexdigest()[:12]) == TORCHVISION[name], lines
    for weights in models.get_model_weights(name):
        without_aux = sum(p.numel() for key, p in model.named_parameters() if not key.startswith("aux"))
        assert weights.meta["num_params"] == without_aux


def test_every_model_is_in_the_table() -> None:
    assert models.list_models() == sorted(TORCHVISION)


@pytest.mark.parametrize(
    ("name", "key", "shape"),
    [
        ("resnet18", "layer2.0.downsample.0.weight", (128, 64, 1, 1)),
        ("resnet50", "layer1.0.conv3.weight", (256, 64, 1, 1)),
        ("resnext50_32x4d", "layer1.0.conv2.weight", (128, 4, 3, 3)),
        ("wide_resnet50_2", "layer4.2.conv2.weight", (1024, 1024, 3, 3)),
        ("densenet121", "features.denseblock4.denselayer16.conv1.weight", (128, 992, 1, 1)),
        ("googlenet", "inception5b.branch3.1.conv.weight", (128, 48, 3, 3)),
        ("googlenet", "aux1.fc1.weight", (1024, 2048)),
        ("vgg16", "features.28.weight", (512, 512, 3, 3)),
        ("vgg16_bn", "classifier.6.bias", (1000,)),
        ("alexnet", "classifier.1.weight", (4096, 9216)),
        ("squeezenet1_0", "features.12.expand3x3.weight", (256, 64, 3, 3)),
        ("mobilenet_v2", "features.18.0.weight", (1280, 320, 1, 1)),
    ],
)
def test_keys(name: str, key: str, shape: tuple[int, ...], without_draws: None) -> None:
    options = {"init_weights": False} if name == "googlenet" else {}
    assert tuple(models.get_model(name, **options).state_dict()[key].shape) == shape


def test_trees_are_shown_as_torch_shows_them(on_torch: Any, without_draws: None) -> None:
    for make in (make_resnet, make_densenet, make_googlenet, make_mobilenet, make_squeezenet):
        assert repr(make(models, minitorch)) == repr(make(on_torch, torch))
    assert "(downsample): Sequential(" in repr(make_resnet(models, minitorch))


# --- numbers: the same source on both engines ----------------------------------------------------------------------


def make_resnet(models: Any, library: Any) -> Any:
    return models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=5)


def make_resnext(models: Any, library: Any) -> Any:
    dilation = [False, True, True]
    return models.ResNet(
        models.resnet.Bottleneck,
        [1, 1, 1, 2],
        num_classes=5,
        groups=4,
        width_per_group=8,
        replace_stride_with_dilation=dilation,
        norm_layer=functools.partial(library.nn.GroupNorm, 4),
    )


def make_densenet(models: Any, library: Any) -> Any:
    return models.DenseNet(4, (2, 3, 1, 2), 8, bn_size=2, num_classes=5, memory_efficient=True, drop_rate=0.2)


def make_googlenet(models: Any, library: Any) -> Any:
    return models.googlenet(num_classes=5, init_weights=True, transform_input=True)


def make_googlenet_without_aux(models: Any, library: Any) -> Any:
    return models.GoogLeNet(num_classes=5, init_weights=False, aux_logits=False)


def make_squeezenet(models: Any, library: Any) -> Any:
    return models.squeezenet1_0(num_classes=5)


def make_squeezenet_1_1(models: Any, library: Any) -> Any:
    return models.SqueezeNet("1_1", num_classes=5, dropout=0.1)


def make_mobilenet(models: Any, library: Any) -> Any:
    return models.mobilenet_v2(num_classes=5, width_mult=0.25)


def make_lenet(models: Any, library: Any) -> Any:
    return models.lenet5(num_classes=7)


def make_vgg(models: Any, library: Any) -> Any:
    return models.VGG(models.vgg.make_layers([8, "M", 512, "M"], batch_norm=True), num_classes=5)


def make_alexnet(models: Any, library: Any) -> Any:
    return models.alexnet(num_classes=5)


def with_small_classifier(model: Any, library: Any) -> Any:
    """The model with linear layers of 16 units in place of up to 100 million parameters."""
    width = None
    for position, layer in enumerate(model.classifier):
        if isinstance(layer, library.nn.Linear):
            width = width or layer.in_features
            model.classifier[position] = library.nn.Linear(width, min(16, layer.out_features))
            width = 16
    return model


IMAGES = {make_lenet: (3, 1, 28, 28), make_alexnet: (2, 3, 64, 64), make_googlenet: (2, 3, 96, 96)}
DRAWN: list[Make] = [
    make_lenet,  # the first, since torchvision has none
    make_resnet,
    make_resnext,
    make_densenet,
    make_googlenet,
    make_squeezenet,
    make_squeezenet_1_1,
    make_mobilenet,
]


def name_of(make: Make) -> str:
    return make.__name__.removeprefix("make_")


def copied(model: Any) -> dict[str, Any]:
    return {key: minitorch.from_numpy(value.numpy().copy()) for key, value in model.state_dict().items()}


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def assert_close(ours: Any, theirs: Any, rel: float, what: str) -> None:
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, what
    assert np.abs(ours - theirs).max() <= rel * max(1.0, np.abs(theirs).max()), what


# The sums of the scores that torchvision 0.28 gives in training, and then in evaluation, by its initial weights.
SCORES = {
    "resnet": [-0.075203745, 0.44094654],
    "resnext": [-5.9503887, -5.9503887],
    "densenet": [1.4448476, 4.4581958],
    "googlenet": [0.66441698, 0.12890952, 0.45377165, 0.067921791],
    "squeezenet": [2.3653693, 1.7745031],
    "squeezenet_1_1": [0.92181033, 0.89679479],
    "mobilenet": [-1.3689465, -0.082247653],
    "googlenet_without_aux": [-0.36555191, 0.2094277],
    "vgg": [0.92211097, 0.10905953],
    "alexnet": [0.0057011559, -0.015722536],
}


@pytest.mark.parametrize("make", [*DRAWN[1:], make_googlenet_without_aux, make_vgg, make_alexnet], ids=name_of)
def test_scores_are_torchvisions(make: Make, on_torch: Any) -> None:
    # Over a handful of numbers batch normalization magnifies rounding: in float64, but for what does not do that.
    large = make in (make_vgg, make_alexnet)
    dtype = torch.float32 if large else torch.float64
    torch.manual_seed(0)
    model = make(on_torch, torch).to(dtype)
    images = torch.randn(IMAGES.get(make, (2, 3, 64, 64)), dtype=dtype)
    with torch.no_grad():
        sums = [float(scores.sum()) for training in (True, False) for scores in outputs(model.train(training)(images))]
    assert sums == pytest.approx(SCORES[name_of(make)], rel=1e-3 if large else 1e-6)


@pytest.mark.parametrize("make", DRAWN, ids=name_of)
def test_a_seed_gives_torchs_initial_weights(make: Make, on_torch: Any) -> None:
    minitorch.manual_seed(5)
    torch.manual_seed(5)
    ours, theirs = make(models, minitorch), make(on_torch, torch)
    for (key, value), expected in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        assert_close(value, expected, 2e-7, key)  # normal numbers may differ in their last bit
    assert minitorch.rand(1).item() == torch.rand(1).item()


@pytest.mark.parametrize("make", [make_vgg, make_alexnet], ids=name_of)
def test_small_classifiers_numbers(make: Make, on_torch: Any, without_draws: None) -> None:
    torch.manual_seed(0)
    ours = with_small_classifier(make(models, minitorch), minitorch)
    theirs = with_small_classifier(make(on_torch, torch), torch)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(0, 0.05)
    check_numbers(ours, theirs, IMAGES.get(make, (2, 3, 64, 64)))


@pytest.mark.parametrize("make", [*DRAWN, make_googlenet_without_aux], ids=name_of)
def test_numbers(make: Make, on_torch: Any) -> None:
    torch.manual_seed(0)
    check_numbers(make(models, minitorch), make(on_torch, torch), IMAGES.get(make, (2, 3, 64, 64)))


def check_numbers(ours: Any, theirs: Any, shape: tuple[int, ...]) -> None:
    """Outputs in float32; then, in float64, outputs, running statistics and every gradient in training.

    In float32 batch normalization over a handful of numbers magnifies rounding without bound.
    """
    ours.load_state_dict(copied(theirs))
    rng = np.random.default_rng(1)
    image = rng.standard_normal(shape)
    ours.eval(), theirs.eval()
    with minitorch.no_grad(), torch.no_grad():
        found, expected = ours(minitorch.tensor(image).float()), theirs(torch.tensor(image).float())
    assert_close(found, expected, 1e-5, "float32")

    ours.train().double(), theirs.train().double()
    minitorch.manual_seed(2)
    torch.manual_seed(2)
    x = minitorch.tensor(image, requires_grad=True)
    y = torch.tensor(image, requires_grad=True)
    found, expected = ours(x), theirs(y)
    assert type(found).__name__ == type(expected).__name__
    upstream = [rng.standard_normal(tuple(each.shape)) for each in outputs(expected)]
    for one, other in zip(outputs(found), outputs(expected), strict=True):
        assert_close(one, other, 1e-9, "output")
    minitorch.autograd.backward(outputs(found), [minitorch.tensor(g) for g in upstream])
    torch.autograd.backward(outputs(expected), [torch.tensor(g) for g in upstream])
    assert y.grad is not None and x.grad is not None
    assert_close(x.grad, y.grad, 1e-8, "image")
    for (key, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_close(parameter.grad, other.grad, 1e-8, key)
    for (key, buffer), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
        assert_close(buffer, other, 1e-9, key)


def test_files_go_both_ways(on_torch: Any, tmp_path: Path) -> None:
    ours, theirs = make_resnet(models, minitorch), make_resnet(on_torch, torch)
    torch.save(theirs.state_dict(), tmp_path / "torch.pt")
    ours.load_state_dict(minitorch.load(tmp_path / "torch.pt"))
    assert_close(ours.layer4[0].conv1.weight, theirs.layer4[0].conv1.weight, 0, "read")
    ours.fc.weight.data.fill_(0.5)
    minitorch.save(ours.state_dict(), tmp_path / "minitorch.pt")
    theirs.load_state_dict(torch.load(tmp_path / "minitorch.pt"), strict=True)
    assert float(theirs.fc.weight.detach().min()) == 0.5


# --- single models -------------------------------------------------------------------------------------------------


def test_googlenet_gives_auxiliary_scores_in_training_only(engine: Engine) -> None:
    library, models = engine
    model = models.GoogLeNet(num_classes=4, init_weights=False)
    images = library.zeros(2, 3, 32, 32)
    in_training = model(images)
    assert isinstance(in_training, models.GoogLeNetOutputs) and models._GoogLeNetOutputs is models.GoogLeNetOutputs
    assert in_training._fields == ("logits", "aux_logits2", "aux_logits1")
    assert [tuple(scores.shape) for scores in in_training] == [(2, 4)] * 3
    assert isinstance(model.eval()(images), library.Tensor)


def test_googlenet_warns_of_its_initialization(without_draws: None) -> None:
    with pytest.warns(FutureWarning, match="default weight initialization of GoogleNet will be changed"):
        models.googlenet(num_classes=2)


def test_googlenet_of_other_blocks(without_draws: None) -> None:
    module = importlib.import_module("minitorch.vision.models.googlenet")
    blocks = [module.BasicConv2d, module.Inception, module.InceptionAux]
    model = models.GoogLeNet(num_classes=2, init_weights=False, blocks=blocks)
    assert type(model.inception4c) is blocks[1]
    with pytest.raises(ValueError, match="blocks length should be 3 instead of 1"):
        models.GoogLeNet(init_weights=False, blocks=blocks[:1])


@pytest.mark.parametrize("size", [28, 32])
def test_lenet_is_the_papers(size: int) -> None:
    model = models.LeNet5()
    assert tuple(model(minitorch.zeros(2, 1, size, size)).shape) == (2, 10)
    counts = [sum(p.numel() for p in layer.parameters()) for layer in (*model.features, *model.classifier)]
    # C1, C3 (connected to all maps), C5, F6, output
    assert [count for count in counts if count] == [156, 2416, 48_120, 10_164, 850]


def test_lenets_layers() -> None:
    model = models.LeNet5()
    c1, c3, c5 = (layer for layer in model.features if isinstance(layer, minitorch.nn.Conv2d))
    f6, last = model.classifier[0], model.classifier[2]
    image = minitorch.rand(2, 1, 32, 32)
    s2 = minitorch.nn.functional.avg_pool2d(c1(image).tanh(), 2)
    s4 = minitorch.nn.functional.avg_pool2d(c3(s2).tanh(), 2)
    assert tuple(s2.shape[1:]) == (6, 14, 14) and tuple(s4.shape[1:]) == (16, 5, 5)
    assert model(image).tolist() == last(f6(c5(s4).tanh().flatten(1)).tanh()).tolist()


def test_residual_blocks_can_start_as_their_shortcuts(without_draws: None) -> None:
    for name, last in (("resnet18", "bn2"), ("resnet50", "bn3")):
        weights = dict(models.get_model(name, zero_init_residual=True).named_parameters())
        zero = {key for key, weight in weights.items() if ".bn" in key and key.endswith("weight") and not weight.any()}
        assert zero == {key for key in weights if key.endswith(f"{last}.weight")}


def test_lenet_puts_digits_into_the_middle() -> None:
    model = models.lenet5().eval()
    digit = minitorch.rand(1, 1, 28, 28)
    framed = minitorch.zeros(1, 1, 32, 32)
    framed[..., 2:30, 2:30] = digit
    assert model(digit).tolist() == model(framed).tolist()


def test_intermediate_outputs(engine: Engine) -> None:
    library, models = engine
    getter = importlib.import_module(f"{models.__name__}._utils").IntermediateLayerGetter
    model = make_resnet(models, library)
    inner = getter(model, {"layer1": "low", "layer3": "high"})
    found = inner(library.zeros(1, 3, 64, 64))
    assert [(name, tuple(value.shape)) for name, value in found.items()] == [
        ("low", (1, 64, 16, 16)),
        ("high", (1, 256, 4, 4)),
    ]
    assert list(inner) == ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3"]
    with pytest.raises(ValueError, match="return_layers are not present in model"):
        getter(model, {"layer9": "none"})


@pytest.mark.parametrize(
    ("call", "error", "phrase"),
    [
        ("resnet18(groups=4)", ValueError, "BasicBlock only supports groups=1 and base_width=64"),
        (
            "resnet18(replace_stride_with_dilation=[False, True, True])",
            NotImplementedError,
            "Dilation > 1 not supported in BasicBlock",
        ),
        (
            "resnet50(replace_stride_with_dilation=[True])",
            ValueError,
            r"replace_stride_with_dilation should be None or a 3-element tuple, got \[True\]",
        ),
        ("resnet18(foo=3)", TypeError, "unexpected keyword argument 'foo'"),
        ("resnext50_32x4d(groups=2)", ValueError, "'groups' expected value 32 but got 2 instead"),
        ("wide_resnet50_2(width_per_group=4)", ValueError, "'width_per_group' expected value 128 but got 4 instead"),
        ("SqueezeNet('2')", ValueError, "Unsupported SqueezeNet version 2: 1_0 or 1_1 expected"),
        ("MobileNetV2(inverted_residual_setting=[])", ValueError, "non-empty or a 4-element list"),
        ("MobileNetV2(inverted_residual_setting=[[1, 2, 3]])", ValueError, "non-empty or a 4-element list"),
        ("mobilenetv2.InvertedResidual(3, 3, 3, 1)", ValueError, "stride should be 1 or 2 instead of 3"),
        ("lenet5()(minitorch.zeros(1, 3, 28, 28))", ValueError, r"takes images of 1x28x28 or 1x32x32, .* \(1, 3, 28"),
        ("get_model('resnet99')", ValueError, "Unknown model resnet99"),
        ("get_model_weights('resnet99')", ValueError, "Unknown model resnet99"),
        ("get_model_weights(lenet5)", ValueError, "missing the 'weights' argument"),
        ("get_model_weights(lambda weights: 3)", ValueError, "couldn't be retrieved"),
        ("get_weight('DEFAULT')", ValueError, "Invalid weight name provided: 'DEFAULT'"),
        ("get_weight('A.B.C')", ValueError, "Invalid weight name provided: 'A.B.C'"),
        ("get_weight('NoModel_Weights.DEFAULT')", ValueError, "weight enum 'NoModel_Weights' .* couldn't be retrieved"),
        ("get_weight('ResNet18_Weights.BEST')", KeyError, "BEST"),
        ("resnet18(weights='BEST')", KeyError, "BEST"),
        ("resnet50(weights='ResNet18_Weights.DEFAULT')", KeyError, "ResNet18_Weights.DEFAULT"),
        (
            "resnet18(weights=ResNet50_Weights.DEFAULT)",
            TypeError,
            "Invalid Weight class provided; expected ResNet18_Weights but received ResNet50_Weights",
        ),
        ("resnet18(weights='DEFAULT', num_classes=10)", ValueError, "'num_classes' expected value 1000 but got 10"),
        ("googlenet(weights='DEFAULT', aux_logits=False)", ValueError, "'aux_logits' expected value True but got Fals"),
        ("googlenet(weights='DEFAULT', init_weights=True)", ValueError, "'init_weights' expected value False but got"),
        ("resnet18(weights=None, pretrained=False)", TypeError, "unexpected keyword argument 'pretrained'"),
        ("resnet18(None, True, 10)", TypeError, "resnet18.* takes at most weights and progress by position"),
        ("ResNet18_Weights.DEFAULT.meta['categories']", KeyError, "names of ImageNet's 1000 classes do not come with"),
        ("ResNet18_Weights.DEFAULT.meta['size']", KeyError, "'size' is not known of these weights; known are 'num_par"),
    ],
)
def test_errors(call: str, error: type[Exception], phrase: str, without_draws: None) -> None:
    with pytest.raises(error, match=phrase):
        eval(call, {**vars(models), "minitorch": minitorch})


# --- trained weights -----------------------------------------------------------------------------------------------


@pytest.fixture
def cache(engine: Engine, tmp_path: Path) -> Iterator[Path]:
    """An empty folder of downloads: where weights are looked for first."""
    library, _ = engine
    before = library.hub.get_dir()
    library.hub.set_dir(str(tmp_path))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    yield folder
    library.hub.set_dir(before)


def test_a_file_in_the_cache_is_used(engine: Engine, cache: Path) -> None:
    library, models = engine
    trained = models.squeezenet1_1()
    library.save(trained.state_dict(), cache / "squeezenet1_1-b8a52dc0.pth")
    enum = models.SqueezeNet1_1_Weights
    for weights in ("DEFAULT", "IMAGENET1K_V1", "SqueezeNet1_1_Weights.DEFAULT", enum.DEFAULT):
        model = models.squeezenet1_1(weights=weights, progress=False)
        assert bool((model.classifier[1].weight == trained.classifier[1].weight).all())
    other = models.squeezenet1_1(weights=None)
    assert not bool((other.classifier[1].weight == trained.classifier[1].weight).all())


def test_densenets_files_say_norm_1(engine: Engine, cache: Path) -> None:
    library, models = engine
    trained = models.densenet121()
    renamed = {
        key.replace("norm1.", "norm.1.").replace("norm2.", "norm.2.").replace("conv1.", "conv.1."): value
        for key, value in trained.state_dict().items()
    }
    assert "features.denseblock2.denselayer3.norm.2.running_var" in renamed
    library.save(renamed, cache / "densenet121-a639ec97.pth")
    model = models.densenet121(weights="DEFAULT")
    place = "features.denseblock2.denselayer3.conv1.weight"
    assert bool((model.state_dict()[place] == trained.state_dict()[place]).all())


def test_googlenets_auxiliary_classifiers_are_untrained(engine: Engine, cache: Path) -> None:
    library, models = engine
    library.save(models.GoogLeNet(init_weights=False).state_dict(), cache / "googlenet-1378be20.pth")
    model = models.googlenet(weights="DEFAULT")
    assert (model.aux1, model.aux2, model.aux_logits, model.transform_input) == (None, None, False, True)
    assert isinstance(model(library.zeros(2, 3, 32, 32)), library.Tensor)
    with pytest.warns(UserWarning, match="auxiliary heads in the pretrained googlenet model are NOT pretrained"):
        model = models.googlenet(weights="DEFAULT", aux_logits=True, transform_input=False)
    assert (model.aux1 is None, model.aux_logits, model.transform_input) == (False, True, False)


def test_without_network_the_error_says_what_to_do(
    engine: Engine, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, models = engine
    weights = models.ResNet18_Weights.DEFAULT
    url = "http://127.0.0.1:9/models/resnet18-f37072fd.pth"  # nothing listens there
    monkeypatch.setattr(weights.value, "url", url)
    place = cache / "resnet18-f37072fd.pth"
    with pytest.raises(URLError, match=f"cannot fetch {url} .*; download it elsewhere and save it as {place}"):
        weights.get_state_dict(progress=False)
    with pytest.raises(URLError, match=f"save it as {cache.parent / 'own.pth'}"):
        weights.get_state_dict(model_dir=str(cache.parent), file_name="own.pth")


def test_a_download_is_checked_by_its_hash(engine: Engine, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, models = engine
    site = cache.parent / "site"
    site.mkdir()
    trained = models.squeezenet1_1()
    library.save(trained.state_dict(), site / "file")
    digest = hashlib.sha256((site / "file").read_bytes()).hexdigest()[:8]
    right, wrong = site / f"squeeze-{digest}.pth", site / "squeeze-00000000.pth"
    (site / "file").rename(right)
    wrong.write_bytes(right.read_bytes())

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        weights = models.SqueezeNet1_1_Weights.DEFAULT
        monkeypatch.setattr(weights.value, "url", f"{address}/{right.name}")
        model = models.squeezenet1_1(weights=weights, progress=False)
        assert bool((model.classifier[1].weight == trained.classifier[1].weight).all())
        monkeypatch.setattr(weights.value, "url", f"{address}/{wrong.name}")
        with pytest.raises(RuntimeError, match="invalid hash value"):
            models.squeezenet1_1(weights=weights, progress=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("call", "phrases"),
    [
        ("resnet18(None)", ["Using 'weights' as positional"]),
        ("resnet18(None, False)", ["Using 'weights' and 'progress' as positional"]),
        ("resnet18(False)", ["Using 'weights' as positional", "equivalent to passing `weights=None`"]),
        ("resnet18(pretrained=False)", ["The parameter 'pretrained' is deprecated", "passing `weights=None`"]),
        ("resnet18(pretrained=None)", ["The parameter 'pretrained' is deprecated", "passing `weights=None`"]),
        ("resnet18(weights=False)", ["Arguments other than a weight enum or `None`"]),
    ],
)
def test_old_ways_are_warned_of(call: str, phrases: list[str], without_draws: None) -> None:
    with pytest.warns(UserWarning) as caught:
        eval(call, dict(vars(models)))
    messages = [str(each.message) for each in caught]
    assert len(messages) == len(phrases)
    assert all(phrase in message for phrase, message in zip(phrases, messages, strict=True))
    assert all(each.filename == "<string>" for each in caught), "the warning is the calling line's"


def test_pretrained_means_the_first_weights(monkeypatch: pytest.MonkeyPatch, without_draws: None) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def load_state_dict_from_url(url: str, **options: Any) -> Any:
        asked.append((url, options))
        return models.ResNet(models.resnet.Bottleneck, [3, 4, 6, 3]).state_dict()

    monkeypatch.setattr(minitorch.hub, "load_state_dict_from_url", load_state_dict_from_url)
    first = "equivalent to passing `weights=ResNet50_Weights.IMAGENET1K_V1`. You can also use `weights=ResNet50_Weight"
    with pytest.warns(UserWarning, match="'pretrained' is deprecated"), pytest.warns(UserWarning, match=first):
        models.resnet50(pretrained=True)
    with pytest.warns(UserWarning, match="positional"), pytest.warns(UserWarning, match=first):
        models.resnet50(True, False)
    models.resnet50(weights="DEFAULT")
    site = "https://download.pytorch.org/models"
    assert asked == [
        (f"{site}/resnet50-0676ba61.pth", {"progress": True, "check_hash": True}),
        (f"{site}/resnet50-0676ba61.pth", {"progress": False, "check_hash": True}),
        (f"{site}/resnet50-11ad3fa6.pth", {"progress": True, "check_hash": True}),
    ]


def test_enums(engine: Engine) -> None:
    _, models = engine
    weights = models.ResNet50_Weights.DEFAULT
    assert weights is models.ResNet50_Weights.IMAGENET1K_V2 is models.get_weight("ResNet50_Weights.DEFAULT")
    assert repr(weights) == str(weights) == "ResNet50_Weights.IMAGENET1K_V2"
    assert isinstance(weights, models.WeightsEnum) and isinstance(weights.value, models.Weights)
    assert weights.url.startswith("https://download.pytorch.org/models/resnet50-")
    assert weights.meta["min_size"] == (1, 1) and weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] == 80.858
    assert weights.meta["recipe"].startswith("https://github.com/pytorch/vision/issues/3995")
    assert copy.deepcopy(weights) is pickle.loads(pickle.dumps(weights)) is weights
    assert weights.value == copy.deepcopy(weights.value) != models.ResNet50_Weights.IMAGENET1K_V1.value
    assert models.ResNet50_Weights.verify(None) is None
    assert list(models.VGG16_Weights.__members__) == ["IMAGENET1K_V1", "IMAGENET1K_FEATURES", "DEFAULT"]


def test_models_by_name(without_draws: None) -> None:
    assert type(models.get_model("VGG11_BN", num_classes=3)) is models.VGG
    assert models.get_model_builder("resnet18") is models.resnet18
    for model in ("resnet18", models.resnet18):
        assert models.get_model_weights(model) is models.ResNet18_Weights
    assert models.list_models(include="dense*", exclude=["*1", "*6?"]) == []
    assert models.list_models(include=["vgg1*", "alex*"], exclude="*_bn") == [
        "alexnet",
        "vgg11",
        "vgg13",
        "vgg16",
        "vgg19",
    ]
    assert models.list_models(module=models) == models.list_models(include=[]) == models.list_models()
    assert models.list_models(module=models.resnet) == []


def test_signatures_are_torchvisions() -> None:
    for name in models.list_models():
        weights, progress, kwargs = inspect.signature(getattr(models, name)).parameters.values()
        assert (weights.name, weights.kind, weights.default) == ("weights", inspect.Parameter.KEYWORD_ONLY, None)
        assert (progress.name, progress.kind, progress.default) == ("progress", inspect.Parameter.KEYWORD_ONLY, True)
        assert kwargs.kind is inspect.Parameter.VAR_KEYWORD
        assert pickle.loads(pickle.dumps(getattr(models, name))) is getattr(models, name)


# --- the transforms of trained weights -----------------------------------------------------------------------------


def test_transforms(engine: Engine) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is optional")
    library, models = engine
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    pixels[:] = pixels.mean(axis=(0, 1)).astype(np.uint8)  # of one color, which no resizing changes
    transform = models.ResNet18_Weights.DEFAULT.transforms()
    found = transform(image.fromarray(pixels))
    assert tuple(found.shape) == (3, 224, 224) and found.dtype is library.float32
    expected = (pixels[0, 0] / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    assert np.allclose(found.numpy()[:, 100, 7], expected, atol=1e-5)
    batch = library.rand(2, 3, 40, 50)
    small = models.ResNet50_Weights.DEFAULT.transforms(crop_size=16, resize_size=20)
    assert tuple(small(batch).shape) == (2, 3, 16, 16)
    assert "resized to [20]" in small.describe() and "cropped around the center to [16]" in small.describe()
    assert repr(small).splitlines() == [
        "ImageClassification(",
        "    crop_size=[16]",
        "    resize_size=[20]",
        "    mean=[0.485, 0.456, 0.406]",
        "    std=[0.229, 0.224, 0.225]",
        "    interpolation=InterpolationMode.BILINEAR",
        ")",
    ]
    assert models.ResNet50_Weights.DEFAULT.transforms().resize_size == [232]
    assert models.VGG16_Weights.IMAGENET1K_FEATURES.transforms().std == [1 / 255] * 3
