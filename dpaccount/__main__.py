"""`python -m dpaccount`."""

import sys

from dpaccount.cli import main

if __name__ == "__main__":
    sys.exit(main())
