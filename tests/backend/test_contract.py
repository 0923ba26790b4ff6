"""The packages of the three backends have the same files and define the same names."""

import ast
import pkgutil
from pathlib import Path

import keras
import pytest

from kerasgen import backend

ROOT = Path(backend.__file__).parent


def imported_names(package):
    """Return the names that the `__init__.py` of a backend's package imports."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text())
    return {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.once
@pytest.mark.parametrize("package", backend.BACKENDS)
def test_each_package_has_the_same_files_and_the_names_of_the_contract(package):
    assert imported_names(package) == set(backend.CONTRACT)
    files = {path.name for path in (ROOT / package).glob("*.py")}
    assert files == {path.name for path in (ROOT / "jax").glob("*.py")}


def test_the_names_are_those_of_the_current_backend():
    for name in backend.CONTRACT:
        assert hasattr(backend, name)
    assert backend.BackendModel.__module__ == f"kerasgen.backend.{keras.backend.backend()}.model"


@pytest.mark.once
def test_the_docstring_lists_each_name():
    listed = [line for line in backend.__doc__.splitlines() if line.startswith("| `")]
    assert all(any(f"`{name}" in line for line in listed) for name in [*backend.CONTRACT, "switches"])


@pytest.mark.once
def test_only_the_backend_imports_a_framework():
    allowed = ("backend/", "evaluation/inception.py", "data/sources/tfds.py")
    frameworks = ("tensorflow", "jax", "jaxlib", "torch")
    for path in ROOT.parent.rglob("*.py"):
        if str(path.relative_to(ROOT.parent)).startswith(allowed):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in frameworks], path


@pytest.mark.slow
@pytest.mark.once
def test_another_keras_backend_is_refused(run_script):
    code = """
from kerasgen.errors import UsageError
try:
    import kerasgen.backend
except UsageError as error:
    print(error)
"""
    assert "the Keras backend is 'numpy'; training needs one of" in run_script(code, backend="numpy")


def test_no_module_has_the_name_of_an_exported_function():
    """Importing such a module would replace the function in the namespace of the package."""
    modules = {module.name for module in pkgutil.iter_modules(backend.__path__)}
    assert modules & set(backend.__all__) == {"switches"}  # exported as a module
