import ast
import inspect

import pytest

from kerasgen.models import GAN, VAE, VAEGAN
from kerasgen.models.base import saving

pytestmark = pytest.mark.once


class Own(VAE):
    fixed = ("encoder", "decoder", "beta")

    def __init__(self, width=4, **kwargs):
        raise NotImplementedError


class Closed(VAE):
    def __init__(self, width=4):
        raise NotImplementedError


def test_the_arguments_are_those_of_the_signature():
    assert saving.argument_names(GAN)[:3] == ["generator", "discriminator", "objective"]
    assert saving.argument_names(GAN)[-1] == "seed"
    names = saving.argument_names(VAEGAN)
    assert {"encoder", "decoder", "discriminator", "adversarial_weight", "beta", "samples", "seed"} <= set(names)
    assert len(names) == len(set(names))


def test_a_subclass_leaves_out_what_it_fixes_and_what_it_does_not_pass_on():
    names = saving.argument_names(Own)
    assert names[0] == "width"
    assert not {"encoder", "decoder", "beta"} & set(names)
    assert "likelihood" in names
    assert saving.argument_names(Closed) == ["width"]


def test_saving_is_small():
    """The whole of saving takes at most 60 lines of code, without imports, docstrings and comments."""
    source = inspect.getsource(saving)
    code = {line for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt) for line in _lines(node)}
    assert len(code) <= 60, len(code)


def _lines(node):
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    has_body = hasattr(node, "body")
    is_import = isinstance(node, ast.Import | ast.ImportFrom)
    return (
        [] if is_text or is_import else range(node.lineno, (node.body[0].lineno if has_body else node.end_lineno + 1))
    )
