"""Docstrings and help texts of kerasgen as reStructuredText.

Their code blocks are fenced as in Markdown, and stars and bars in their prose mean themselves.
"""

import re

_FENCE = re.compile(r"^(\s*)```(\w*)\s*$")


def with_directives(lines):
    """Return the lines with each fenced block as a `code-block` directive.

    Args:
        lines: lines of a docstring.

    Example:
        >>> with_directives(["```python", "x = 1", "```"])
        ['.. code-block:: python', '', '    x = 1', '']
    """
    converted, indent = [], None
    for line in lines:
        fence = _FENCE.match(line)
        if fence and indent is None:
            indent = fence[1]
            converted += [f"{indent}.. code-block:: {fence[2] or 'text'}", ""]
        elif fence:
            converted.append("")
            indent = None
        elif indent is None:
            converted.append(escaped(line))
        else:
            converted.append(f"    {line}" if line.strip() else "")
    return converted


def escaped(line):
    """Return a line of prose in which stars and bars outside of backticks mean themselves.

    Args:
        line: a line of a docstring or a help text.

    Example:
        >>> escaped("a shape (N, *shape), see `*shape`s")
        'a shape (N, \\\\*shape), see `*shape`\\\\ s'
    """
    if line.lstrip().startswith((">>>", "...", "**", "*")):
        return line
    parts = re.split(r"(`[^`]*`)", line)
    prose = [part if part.startswith("`") else re.sub(r"(?<!\\)([*|])", r"\\\1", part) for part in parts]
    # The end of code that letters follow, as in a plural
    return "".join(f"\\ {part}" if index and part[:1].isalpha() else part for index, part in enumerate(prose))


def _process_docstring(app, what, name, obj, options, lines):
    is_ours = (getattr(obj, "__module__", None) or "kerasgen").startswith("kerasgen")
    lines[:] = with_directives(lines) if is_ours else []


def _skip_member(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, which the docstring of the class describes."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def _process_help(app, context, lines):
    lines[:] = map(escaped, lines)


def setup(app):
    """Convert docstrings before napoleon reads them."""
    app.connect("autodoc-process-docstring", _process_docstring, priority=400)
    app.connect("autodoc-skip-member", _skip_member)
    app.setup_extension("sphinx_click")
    app.connect("sphinx-click-process-description", _process_help)
    return {"parallel_read_safe": True}
