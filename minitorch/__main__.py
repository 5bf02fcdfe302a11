"""`python -m minitorch` is the `minitorch` command."""

from __future__ import annotations

import sys

from minitorch.cli import main

if __name__ == "__main__":
    sys.exit(main())
