"""The HTML page of a run: one file that works offline, with a decoder that runs in the page."""

import importlib

_HOMES = {
    "ReportPage": "kerasgen.report.callback",
    "add_page": "kerasgen.report.callback",
    "write_comparison": "kerasgen.report.run_page",
    "write_gallery": "kerasgen.report.run_page",
    "write_run_page": "kerasgen.report.run_page",
}

__all__ = ["ReportPage", "add_page", "write_comparison", "write_gallery", "write_run_page"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kerasgen.report' has no attribute {name!r}")
