"""`python -m arsis` is the command line."""

from arsis.serve.cli import main

main()
