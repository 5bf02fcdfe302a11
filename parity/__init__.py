"""Parity: every operation of minitorch against PyTorch's, on drawn inputs. torch and hypothesis live here only."""
