"""The course: each lecture and experiment is a PyTorch script that `python FILE` or `minitorch lecture run` runs."""
