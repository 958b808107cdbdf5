"""`python -m navai_core` is `navai`."""

import sys

from .cli import main

sys.exit(main())
