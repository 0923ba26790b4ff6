"""The packages to install; everything else is in pyproject.toml.

`zoo/` and `cli/` are at the top of the repository but are installed inside the package, as `kerasgen.zoo` and
`kerasgen.cli`, so that no module called `zoo` or `cli` reaches a user's site-packages.
"""

from setuptools import find_packages, setup

INSIDE = {"kerasgen.zoo": "zoo", "kerasgen.cli": "cli"}

packages = find_packages(include=["kerasgen", "kerasgen.*"])
packages += INSIDE
packages += [f"{name}.{package}" for name, folder in INSIDE.items() for package in find_packages(folder)]
setup(packages=packages, package_dir=INSIDE)
