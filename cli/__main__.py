"""`python -m kerasgen.cli` is `kerasgen`."""

from kerasgen.cli import main

main(prog_name="kerasgen")
