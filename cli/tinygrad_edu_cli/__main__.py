"""`python -m tinygrad_edu_cli` is the command `tinygrad-edu`."""

import sys

from .main import main

sys.exit(main())
