"""How large a number of images, epochs or steps may be on the command line."""

import click

MOST = 1_000_000  # more than anyone waits for; far larger ones would overflow the backends' integers


def count(least=1):
    """Return the type of an option that counts something: a whole number from `least` to `MOST`."""
    return click.IntRange(least, MOST)
