"""Start the Chromium of the system; without one a test is left out and says how to install it."""

import shutil

from playwright.sync_api import Browser, Playwright

from tests.without import lacking

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """Return a headless browser."""
    path = next((p for name in NAMES if (p := shutil.which(name))), None)
    if path is None:
        lacking("Chromium is not installed; on Debian and Ubuntu: apt-get install chromium")
    return playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
