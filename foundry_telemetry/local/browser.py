"""Opens a page where there is a browser with windows."""

from __future__ import annotations

import os
import sys
import webbrowser


def open_page(url: str) -> bool:
    """Open `url` in the user's browser.

    On a Unix without a display nothing is tried: the standard library would start a browser for terminals,
    which takes over the one we print to.

    Returns:
        Whether a browser was started.
    """
    has_windows = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not has_windows:
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
