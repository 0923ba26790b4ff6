"""`python -m kerasgen` is `kerasgen`, for where that is not on the path."""

from kerasgen.cli import main

if __name__ == "__main__":
    main(prog_name="kerasgen")
