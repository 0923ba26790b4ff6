"""Formulas as MathML, which browsers show without a script from another site."""

from latex2mathml.converter import convert


def _inline(writer, node):
    writer.body.append(convert(node.astext()))


def _displayed(writer, node):
    writer.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')


def setup(app):
    """Add the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (_visit(_inline), None), (_visit(_displayed), None))
    return {"parallel_read_safe": True}


def _visit(write):
    def visit(writer, node):
        from docutils.nodes import SkipNode

        write(writer, node)
        raise SkipNode

    return visit
