"""A figure of merit, the groups of figures that can be asked for by name, and what file they are of."""

from dataclasses import dataclass

from kerasgen.errors import UsageError, unknown

GROUPS = {
    "likelihood": "of a VAE",
    "similarity": "of reconstructions and translations",
    "modes": "of points and of stacked digits",
    "classifier": "distances, on a classifier's features",
    "fid": "FID and KID, on Inception's features; slow on a CPU",
}
ON_REQUEST = ("fid",)  # computed only when asked for


@dataclass(frozen=True)
class Score:
    """One figure of merit.

    Attributes:
        name: what it is called.
        value: float.
        estimator: how it was estimated, in words.
        spread: float or None; what it is, the estimator says.
        warning: why it says little, in words, or None.
    """

    name: str
    value: float
    estimator: str
    spread: float | None = None
    warning: str | None = None


def parse(names):
    """Return the groups in a text such as `likelihood,fid`.

    Raises:
        UsageError: there is no such group.
    """
    names = [name.strip() for name in names.split(",")]
    for name in names:
        if name not in GROUPS:
            raise unknown("group of figures", name, GROUPS)
    return names


def choose(asked, offered, of):
    """Return those of the groups `offered` that are asked for; with None all but those that are never by default.

    Args:
        of: what they are offered of, in words.

    Raises:
        UsageError: one is asked for that is not offered.
    """
    if asked is None:
        return [name for name in offered if name not in ON_REQUEST]
    for name in asked:
        if name not in offered:
            raise UsageError(f"{name} does not apply to {of}; what does: {', '.join(offered)}")
    return [name for name in offered if name in asked]
