"""How large a number of images, epochs or steps may be on the command line."""

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


def count(least=1):
    """Return the type of an option that counts something: a whole number from `least` to `MOST`."""
    return Count(least, MOST)
