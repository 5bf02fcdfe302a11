"""How results lie in memory: what is contiguous in torch is so here, for `view` refuses everything else."""

from __future__ import annotations

import pytest
import torch

import minitorch

TENSORS = {
    "transposed": "torch.arange(9.0).reshape(3, 3).t()",
    "permuted": "torch.arange(27.0).reshape(3, 3, 3).permute(2, 0, 1)",
    "swapped": "torch.arange(27.0).reshape(3, 3, 3).transpose(1, 2)",
    "expanded": "torch.arange(3.0).reshape(1, 3).expand(3, 3)",
    "expanded within": "torch.arange(3.0).reshape(1, 3, 1).expand(3, 3, 3)",
    "channels last": "torch.arange(81.0).reshape(3, 3, 3, 3).permute(0, 3, 1, 2)",
    "four permuted": "torch.arange(81.0).reshape(3, 3, 3, 3).permute(3, 0, 2, 1)",
}

EXPRESSIONS = """
x.sum(0) x.sum(1) x.sum(-1,keepdim=True) x.long().sum(0) x.half().sum(1) x.mean(0) x.mean(1) x.half().mean(1)
x.prod(1) x.nansum(1) x.nanmean(1) x.all(1) x.any(0) x.count_nonzero(1) x.logsumexp(1) x.amax(1) x.amin(0)
x.max(1)[0] x.min(0)[1] x.aminmax(dim=0)[1] x.median(1)[0] x.median(0)[1] x.nanmedian(1)[0] x.topk(2,-1)[1]
x.topk(2,0)[0] x.kthvalue(1,0)[0] x.mode(0)[0] x.var(1) x.std(0) torch.var_mean(x,0)[0] torch.std_mean(x,0)[1]
x.norm(dim=1) torch.linalg.vector_norm(x,2,0) x.renorm(1,0,1.0) torch.trapezoid(x) torch.unique(x,dim=0)
x.cumsum(0) x.cumsum(1) x.long().cumsum(1) x.half().cumsum(1) x.cumprod(1) x.logcumsumexp(0) x.cummax(0)[0]
x.cummin(1)[1] F.softmax(x,-1) F.log_softmax(x,1) F.softmin(x,1) F.logsigmoid(x) F.glu(torch.cat([x,x]),0)
F.layer_norm(x,x.shape[-1:]) F.rms_norm(x,x.shape[-1:]) F.batch_norm(x,None,None,training=True)
F.cosine_similarity(x,x,dim=0) F.pairwise_distance(x,x) F.one_hot(x.long().abs())
torch.cat([x,x]) torch.cat([x,x],1) torch.cat([x,x],-1) torch.cat([x,x+1,x.contiguous()],1) torch.stack([x,x])
torch.stack([x,x],1) torch.hstack([x,x]) torch.dstack([x,x]) x.roll(1,0) x.tile(1) x.repeat_interleave(2,0)
x.masked_fill(x>0,1.0) x.tril() x.triu(1) x.clone() x.detach().clone() x.double() x.long() x.bool() x.half()
x.long()*1.5 x.long()==1.5 x.long()+x x.long().sqrt() ~x.bool() x.long().round() x.long().nan_to_num() x*2 x+x
""".split()


@pytest.mark.parametrize("maker", TENSORS.values(), ids=list(TENSORS))
def test_what_is_contiguous_in_torch_is_contiguous_here(maker: str) -> None:
    gaps = []
    for expression in EXPRESSIONS:
        laid = []
        for engine in (torch, minitorch):
            scope = {"torch": engine, "F": engine.nn.functional}
            result = eval(expression, scope | {"x": eval(maker, scope)})
            laid.append((tuple(result.shape), result.is_contiguous()))
        (shape, theirs), (own, mine) = laid
        assert own == shape, expression
        if theirs and not mine:
            gaps.append(expression)
    assert not gaps


def test_images_with_the_channels_last_stay_so_where_torch_keeps_them() -> None:
    for expression in ("torch.cat([x, x], 1)", "x.clone()", "x * 2", "F.batch_norm(x, None, None, training=True)"):
        strides = []
        for engine in (torch, minitorch):
            x = engine.arange(120.0).reshape(2, 4, 5, 3).permute(0, 3, 1, 2)
            strides.append(eval(expression, {"torch": engine, "F": engine.nn.functional, "x": x}).stride())
        assert strides[0] == strides[1], expression


def test_a_copy_of_what_is_expanded_from_a_permuted_tensor_can_be_viewed() -> None:
    for engine in (torch, minitorch):
        x = engine.ones(1, 3).expand(2, 3)
        assert x.clone().view(-1).shape == x.double().view(-1).shape == (6,)
        assert engine.cat([x.t(), x.t()], 1).view(-1).shape == (12,)


def test_batches_swapped_with_channels_are_normalized_in_order() -> None:
    for engine in (torch, minitorch):
        x = engine.arange(252.0).reshape(3, 3, 4, 7).transpose(0, 1)
        assert engine.nn.BatchNorm2d(3).eval()(x).is_contiguous()


def test_the_gradient_of_a_running_sum_is_contiguous() -> None:
    for engine in (torch, minitorch):
        x = engine.ones(3, 4, requires_grad=True)
        (gradient,) = engine.autograd.grad(x.cumsum(0).sum(), x)
        assert gradient.is_contiguous()
