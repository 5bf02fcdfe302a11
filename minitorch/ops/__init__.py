"""The operations: one file a family; in each, the kernel, the docstring and the gradient rules of an operation in a block."""
