"""Let `python -m meloko` be the `meloko` command."""

import sys

from meloko.cli import main

sys.exit(main())
