"""Settings of the documentation site.

    sphinx-build -W --keep-going docs build/site

builds it without a network. Tutorials are executed; their outputs are kept in `build/tutorials`, below a hash of the
code, so that a second build is fast and no output is older than the code.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pages import code_hash  # noqa: E402

import kerasgen  # noqa: E402

project = "kerasgen"
author = "the contributors of kerasgen"
copyright = author
version = release = kerasgen.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",
    "mathml",
    "pages",
]
exclude_patterns = ["_ext", "_generated"]
root_doc = "index"
default_role = "code"  # docstrings mark code by single backticks

html_theme = "furo"
html_title = "kerasgen"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["sort.js"]
html_theme_options = {"top_of_page_buttons": []}
html_copy_source = True
html_math_renderer = "mathml"
smartquotes = False  # help texts have commands in quotes

myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_inline", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # included pages begin at another level

nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "tutorials" / code_hash())
nb_execution_timeout = 300  # seconds of a cell on a busy machine; on a free one a tutorial takes less than a minute
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "remove"
nb_merge_streams = True

autodoc_member_order = "groupwise"
autodoc_typehints = "none"  # signatures have them
autodoc_class_signature = "mixed"
autosummary_generate = False
napoleon_custom_sections = ["Source"]
napoleon_use_rtype = False
copybutton_exclude = ".linenos, .gp, .go"
