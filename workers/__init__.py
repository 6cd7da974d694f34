"""Background work: thin tasks, named after the feature they serve."""

import os
import sys

from meloko.compiled_code import choose_folder

# Before the first task is imported: what compiles reads its folder once, when it is loaded.
_said = choose_folder(os.environ)
if _said:
    print(_said, file=sys.stderr, flush=True)
