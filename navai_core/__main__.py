"""`python -m navai_core` is `navai`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
