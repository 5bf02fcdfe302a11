"""The operations, one file a family: kernel, docstring and gradient rules of an operation in one block."""
