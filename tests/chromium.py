"""Chromium for the browser tests: find one, or bring one (run as a script by `make setup-browser`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

INSTALLED = ("chromium", "google-chrome", "chromium-browser")

FLAGS = (
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL in software
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MISSING = (
    "No Chromium here, so the browser tests are skipped. Install one (Debian: apt-get install chromium), "
    "or set CHROMIUM to its path."
)


def find_chromium() -> str | None:
    """The browser to drive: `CHROMIUM`, else an installed one, else Playwright's own; None if there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in INSTALLED)
    return next((path for path in found if path), None) or _find_playwrights_own()


def bring_chromium() -> str | None:
    """Find a browser or install one: Debian's package when root, else Playwright's own."""
    if not find_chromium() and os.environ.get("CHROMIUM"):
        return None
    for install in (_install_debian_package, _install_playwrights_own):
        if find_chromium():
            break
        install()
    return find_chromium()


def _find_playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


def _install_debian_package() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium for the browser tests (Debian's package) ...", flush=True)
    quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0", "-o=DPkg::Lock::Timeout=120"]
    _run([*quiet, "update"], seconds=300)
    _run([*quiet, "install", "-y", "--no-install-recommends", "chromium"], seconds=900)


def _install_playwrights_own() -> None:
    print("Downloading Chromium for the browser tests (Playwright's own, about 170 MB) ...", flush=True)
    _run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"], seconds=900)


def _run(command: list[str], *, seconds: float) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"  gave up after {seconds:.0f} s: {' '.join(command)}", flush=True)
        return
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        print(f"  did not work: {last[0]}", flush=True)


if __name__ == "__main__":
    print(bring_chromium() or MISSING)
