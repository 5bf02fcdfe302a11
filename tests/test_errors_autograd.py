"""Wrong use of backward, gradients, hooks and modes: both engines raise the same, in the same words."""

from __future__ import annotations

import pytest
from wrong_use import check_refusals

LINES = [
    ("t.backward()", "element 0 of tensors does not require grad and does not"),
    ("s.backward()", "element 0 of tensors does not require grad and does not"),
    ("g.backward()", "grad can be implicitly created only for scalar outputs"),
    ("(g*2).backward()", "grad can be implicitly created only for scalar outputs"),
    ("(g*2).sum().backward(torch.ones(2))", "Mismatch in shape: grad_output[0] has a shape of"),
    ("(g*2).backward([1,1,1])", "gradients can be either Tensors or None, but got int"),
    ("(g*2).backward(1.0)", "'float' object is not iterable"),
    ('(g*2).backward("x")', "gradients can be either Tensors or None, but got str"),
    ("(g*2).sum().backward(retain=True)", "got an unexpected keyword argument 'retain'"),
    ("g.sum().backward(inputs=[])", "`inputs` argument to `backward()` cannot be empty"),
    ("g.sum().backward(inputs=3)", "'int' object is not iterable"),
    ("torch.autograd.backward(None)", "'NoneType' object is not iterable"),
    ("torch.autograd.backward([g.sum(), g.sum()], [None])", "got 2 tensors and 1 gradients"),
    ("torch.autograd.backward([g*2])", "grad can be implicitly created only for scalar outputs"),
    ("torch.autograd.grad(g.sum(), f)", "One of the differentiated Tensors does not require grad"),
    ("torch.autograd.grad(g.sum(), [])", "`inputs` argument to `grad()` cannot be empty"),
    ("torch.autograd.grad(f.sum(), g)", "element 0 of tensors does not require grad and does not"),
    ("torch.autograd.grad(g*2, g)", "grad can be implicitly created only for scalar outputs"),
    ("torch.autograd.grad(g.sum(), torch.ones(3,requires_grad=True))", "The differentiated Tensor at index 0"),
    ("torch.autograd.grad(g.sum(), None)", "'NoneType' object is not iterable"),
    ("torch.autograd.grad(g*2, g, torch.ones(4))", "Mismatch in shape: grad_output[0] has a shape of"),
    ("torch.autograd.grad(g.sum())", "grad() missing 1 required positional argument: 'inputs'"),
    ("torch.autograd.grad(g.sum(), g, allow_unuse=True)", "grad() got an unexpected keyword argument 'allow_unuse'"),
    ("g.add_(1)", "a leaf Variable that requires grad is being used in an"),
    ("g.zero_()", "a leaf Variable that requires grad is being used in an"),
    ("g[0] = 5.", "a view of a leaf Variable that requires grad is being used"),
    ("g += 1", "a leaf Variable that requires grad is being used in an"),
    ("g.fill_(0)", "a leaf Variable that requires grad is being used in an"),
    ("g.copy_(f)", "a leaf Variable that requires grad is being used in an"),
    ("g.view(3).mul_(2)", "a view of a leaf Variable that requires grad is being used"),
    ("g.requires_grad = 1", "requires_grad must be a bool"),
    ("i.requires_grad = True", "only Tensors of floating point and complex dtype can"),
    ("i.requires_grad_()", "only Tensors of floating point"),
    ("b.requires_grad_()", "only Tensors of floating point"),
    ("(g*2).requires_grad = False", "you can only change requires_grad flags of leaf variables."),
    ("f.requires_grad_(1)", "requires_grad_(): argument 'requires_grad' (position 1)"),
    ("torch.ones(3, dtype=torch.int64, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.tensor([1,2], requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.arange(3, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.zeros(3, dtype=torch.bool, requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.randint(3,(2,), requires_grad=True)", "Only Tensors of floating point and complex dtype can"),
    ("torch.tensor([1.], requires_grad=1)", "tensor(): argument 'requires_grad' must be bool, not int"),
    ('torch.tensor([1.], requires_grad="a")', "tensor(): argument 'requires_grad' must be bool, not str"),
    ("torch.tensor([1.], require_grad=True)", "tensor() got an unexpected keyword argument 'require_grad'"),
    ("torch.zeros(3, require_grad=True)", "zeros() got an unexpected keyword argument 'require_grad'"),
    ("f.retain_grad()", "can't retain_grad on Tensor that has requires_grad=False"),
    ("(f*2).retain_grad()", "can't retain_grad on Tensor that has requires_grad=False"),
    ("f.register_hook(lambda x: x)", "cannot register a hook on a tensor that doesn't require"),
    ("g.grad = 3", "assigned grad expected to be a Tensor or None but got grad"),
    ("g.grad = torch.ones(2)", "attempting to assign a gradient of size '[2]' to a tensor"),
    ("g.grad = torch.ones(3, dtype=torch.float64)", "attempting to assign a gradient with dtype '"),
    ("g.grad = g", "can't assign Variable as its own grad"),
    ("g.data = 3", "Variable data has to be a tensor, but got int"),
    ("g.data = i", "data set to a tensor that requires gradients must be"),
    ("t.grad.data", "'NoneType' object has no attribute 'data'"),
    ("g.grad.zero_()", "'NoneType' object has no attribute 'zero_'"),
    ("g.grad.data.zero_()", "'NoneType' object has no attribute 'data'"),
    ("t.detach_().add_(1).sum().backward()", "Can't detach views in-place. Use detach() instead"),
    ("torch.set_grad_enabled()", "set_grad_enabled.__init__() missing 1 required positional"),
    ('torch.set_grad_enabled("x")', "set_grad_enabled(): argument 'enabled' (position 1) must be"),
    ("torch.is_grad_enabled(1)", "is_grad_enabled() takes"),
    ("with torch.no_grad: pass", "'type' object does not support the context manager protocol"),
    ("torch.autograd.functional.jacobian(3, f)", "'int' object is not callable"),
    ("torch.autograd.functional.jacobian(lambda x: 3, f)", "The outputs of the user-provided function given to"),
    ("torch.autograd.functional.jacobian(lambda x: x, 3)", "The inputs given to jacobian must be either a Tensor"),
    ("torch.autograd.functional.hessian(lambda x: x*2, f)", "The Tensor returned by the function given to hessian"),
    ("torch.autograd.functional.hessian(lambda x: x.sum().detach(), f, strict=True)", "of the user-provided"),
    ("torch.autograd.functional.jacobian(lambda x: x.detach(), f, strict=True)", "of the user-provided function"),
    ("torch.autograd.functional.vjp(lambda x: x*2, f)", "The vector v can only be None if the user-provided"),
    ("torch.autograd.functional.vjp(lambda x: x*2, f, torch.ones(2))", "v has invalid size: should be"),
    ("torch.autograd.functional.jvp(lambda x: x*2, f)", "a single Tensor with a single element"),
    ("torch.autograd.functional.jvp(lambda x: x*2, f, torch.ones(4))", "v has invalid size: should be"),
    ("torch.autograd.functional.hvp(lambda x: x.sum(), f, torch.ones(2))", "v has invalid size: should be"),
    ("torch.autograd.gradcheck(lambda x: x*2, (f,))", "gradcheck expects at least one input tensor to require"),
    ("torch.autograd.gradcheck(lambda x: x*2, g)", "Jacobian mismatch for output 0 with respect to input 0"),
    ("torch.autograd.gradcheck(lambda x: x.detach(), d.clone().requires_grad_())", "Numerical gradient for"),
    ("torch.autograd.gradcheck(3, d.clone().requires_grad_())", "'int' object is not callable"),
    ("g.detach(3)", "detach() takes"),
    ("g.data.requires_grad_().grad_fn.next_functions", "'NoneType' object has no attribute 'next_functions'"),
    ("torch.autograd.Variable(3)", "Variable data has to be a tensor, but got int"),
    ("torch.autograd.Variable(i, requires_grad=True)", "Tensors of floating point and complex dtype can require"),
    ("torch.nn.Parameter(3)", "'int' object has no attribute 'detach'"),
    ("torch.nn.Parameter(i)", "Only Tensors of floating point and complex dtype can"),
    ("torch.nn.Parameter(f, False, 3)", "Parameter.__new__() takes from 1 to 3 positional arguments"),
    ("(g**2).backward(torch.ones(3), True, False, 3, 4)", "takes from 1 to 5 positional arguments but 6 were given"),
    ("torch.Tensor.backward()", "missing 1 required positional argument: 'self'"),
    ("(g*2).register_post_accumulate_grad_hook(lambda p: None)", "post accumulate grad hooks cannot be registered"),
    ("f.register_post_accumulate_grad_hook(lambda p: None)", "cannot register a hook on a tensor that doesn't"),
    ("for r in (g*1).unbind(): r.add_(1)", "is a view and is being modified inplace. This view is the"),
    ("F.relu(g, inplace=True)", "a leaf Variable that requires grad is being used in an"),
    ("nn.ReLU(inplace=True)(g)", "a leaf Variable that requires grad is being used in an"),
    ("F.dropout(g, 0.5, True, True)", "a leaf Variable that requires grad is being used in an"),
]

SCRIPTS = [
    (
        """
        y = (g*2).sum()
        y.backward()
        y.backward()
        """,
        "Trying to backward through the graph a second time (or",
    ),
    (
        """
        y = g.exp()
        y.add_(1)
        y.sum().backward()
        """,
        "instead. Hint: enable anomaly detection to find the",
    ),
    (
        """
        y = (g**2).sum()
        torch.autograd.grad(y, g)
        torch.autograd.grad(y, g)
        """,
        "Trying to backward through the graph a second time (or",
    ),
    (
        """
        y = (g**2).sum()
        gr, = torch.autograd.grad(y, g)
        gr.sum().backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        w = f.clone()
        y = (g*w).sum()
        w.add_(1)
        y.backward()
        """,
        "instead. Hint: enable anomaly detection to find the",
    ),
    (
        """
        with torch.no_grad():
            y = (g**2).sum()
        y.backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        (y*g).sum().backward()
        """,
        "Inference tensors cannot be saved for backward. Please do",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        y.add_(1)
        """,
        "Inplace update to inference tensor outside InferenceMode is",
    ),
    (
        """
        with torch.inference_mode():
            y = f*2
        y.requires_grad_()
        """,
        "Setting requires_grad=True on inference tensor outside",
    ),
    (
        """
        @torch.no_grad
        def h(): return (g*2)
        h().sum().backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr, gr
        A.apply(g).sum().backward()
        """,
        "function ABackward returned an incorrect number of",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr.sum()+torch.ones(2)
        A.apply(g).sum().backward()
        """,
        "Function ABackward returned an invalid gradient at index 0",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return 3.0
        A.apply(g).sum().backward()
        """,
        "expected Variable or None (got float",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
        A.apply(g).sum().backward()
        """,
        "You must implement either the backward or vjp method for",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def backward(ctx, x): return x*2
        A.apply(g).sum().backward()
        """,
        "You must implement the forward function for custom",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply()
        """,
        "A.forward() missing 1 required positional argument: 'x'",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply(g, 3)
        """,
        "A.forward() takes 2 positional arguments but 3 were given",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(3)
                return x*2
            @staticmethod
            def backward(ctx, gr): return gr
        A.apply(g)
        """,
        "save_for_backward can only save variables, but argument 0",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x*2
            @staticmethod
            def backward(ctx, gr):
                x, y = ctx.saved_tensors
                return gr
        A.apply(g).sum().backward()
        """,
        "not enough values to unpack (expected 2, got 1",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x*2
            @staticmethod
            def backward(ctx, gr):
                x, = ctx.saved_tensors
                return gr
        z = g*1
        y = A.apply(z).sum()
        z.add_(1)
        y.backward()
        """,
        "one of the variables needed for gradient computation has",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                x.add_(1)
                return x
            @staticmethod
            def backward(ctx, gr):
                return gr
        A.apply(g).sum().backward()
        """,
        "a leaf Variable that requires grad has been used in an",
    ),
    (
        """
        class A(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x*2
            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx, gr):
                return gr*2
        x = A.apply(g)
        y, = torch.autograd.grad((x**2).sum(), g, create_graph=True)
        y.sum().backward()
        """,
        "trying to differentiate twice a function that was marked",
    ),
    (
        """
        g.register_hook(lambda x: 3)
        g.sum().backward()
        """,
        "expected Variable, but hook returned 'int'",
    ),
    (
        """
        g.register_hook(lambda x: torch.ones(2))
        g.sum().backward()
        """,
        "hook '<lambda>' has changed the size of value",
    ),
    (
        """
        g.register_hook(lambda x: x.double())
        g.sum().backward()
        """,
        "hook '<lambda>' has changed the type of value (was",
    ),
    (
        """
        g.register_hook(lambda: 3)
        g.sum().backward()
        """,
        "<lambda>() takes 0 positional arguments but 1 was given",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: 3)
        y.sum().backward()
        """,
        "expected tuple, but hook returned 'int'",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: (a[0], a[0], a[0]))
        y.sum().backward()
        """,
        "hook '<lambda>' has returned an incorrect number of values",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(lambda a, b: (torch.ones(7),None))
        y.sum().backward()
        """,
        "hook '<lambda>' has changed the size of value",
    ),
    (
        """
        y = g*2
        y.grad_fn.register_hook(3)
        y.sum().backward()
        """,
        "'int' object is not callable",
    ),
    (
        """
        loss = F.mse_loss(g, f).item()
        loss.backward()
        """,
        "'float' object has no attribute 'backward'",
    ),
    (
        """
        y = g[:2]
        y += 1
        """,
        "a view of a leaf Variable that requires grad is being used",
    ),
    (
        """
        a, c = (g*1).split([1,2])
        a.add_(1)
        """,
        "is a view and is being modified inplace. This view is the",
    ),
    (
        """
        e = f.expand(2,3)
        e.add_(1)
        """,
        "unsupported operation: more than one element of the",
    ),
    (
        """
        x = torch.ones(3, requires_grad=True)
        y = x.relu_()
        """,
        "a leaf Variable that requires grad is being used in an",
    ),
    (
        """
        w = torch.ones(2,2,requires_grad=True)
        w -= 0.1*w
        """,
        "a leaf Variable that requires grad is being used in an",
    ),
    (
        """
        i.grad = torch.ones(3)
        i.grad
        """,
        "attempting to assign a gradient with dtype '",
    ),
    (
        """
        loss = nn.MSELoss()
        loss(torch.ones(3), torch.ones(3)).backward()
        """,
        "element 0 of tensors does not require grad and does not",
    ),
    (
        """
        ls = [(g*k).sum() for k in range(2)]
        np.mean(ls)
        """,
        "Can't call numpy() on Tensor that requires grad. Use",
    ),
]


@pytest.mark.parametrize(("code", "phrase"), LINES + SCRIPTS)
def test_both_engines_refuse_in_the_same_words(code: str, phrase: str) -> None:
    check_refusals(code, phrase)
