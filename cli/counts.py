"""The whole numbers of the command line: how large counts of images, epochs or steps may be, and seeds."""

import click

MOST = 1_000_000  # more than anyone waits for; far larger ones would overflow the backends' integers


class Count(click.IntRange):
    """A whole number from `least` to `MOST`."""

    def convert(self, value, param, ctx):
        """Return the number; say which may be given where it is none, as Click does where it is out of range."""
        try:
            int(value)
        except ValueError:
            self.fail(f"{value!r} is no whole number; give one from {self.min} to {self.max:,}", param, ctx)
        return super().convert(value, param, ctx)


def seed_option(what, default=0):
    """Return the option `--seed N`; `what` says what it is the seed of."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        metavar="N",
        default=default,
        show_default=default is not None,
        help=what,
    )


def count(least=1):
    """Return the type of an option that counts something: a whole number from `least` to `MOST`."""
    return Count(least, MOST)
