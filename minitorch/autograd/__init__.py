"""torch.autograd: the modes, the graph, the engine, and what is built on them."""
