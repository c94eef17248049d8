"""Chromium for the browser tests: find one, or bring one (run as a script by `make test`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

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
    """The browser to drive: `CHROMIUM`, else an installed one, else Playwright's own; None if none of them starts."""
    named = os.environ.get("CHROMIUM")
    candidates = (shutil.which(name) for name in ((named,) if named else INSTALLED))
    found = next((path for path in candidates if path and _starts(path)), None)
    return found or (None if named else _find_playwrights_own())


def bring_chromium() -> str | None:
    """Find a browser or install one: Debian's package when root, else Playwright's own."""
    for install in (_install_debian_package, _install_playwrights_own):
        if find_chromium() or os.environ.get("CHROMIUM"):
            break
        install()
    return find_chromium()


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _find_playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if _starts(path) else None


def _install_debian_package() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium for the browser tests (Debian's package) ...", flush=True)
    quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0", "-o=DPkg::Lock::Timeout=120"]
    _run([*quiet, "update"], seconds=300)
    _run([*quiet, "install", "-y", "--no-install-recommends", "chromium"], seconds=900)


def _install_playwrights_own() -> None:
    print("Downloading Chromium for the browser tests (Playwright's own, about 170 MB) ...", flush=True)
    libraries = ["--with-deps"] if os.geteuid() == 0 and shutil.which("apt-get") else []
    _run([sys.executable, "-m", "playwright", "install", *libraries, "--no-shell", "chromium"], seconds=900)


def _run(command: list[str], *, seconds: float) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"  gave up after {seconds:.0f} s: {' '.join(command)}", flush=True)
        return
    if done.returncode:
        print(f"  did not work: {_first_error(done.stdout.decode(errors='replace'))}", flush=True)


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("E:", "Error"))), (lines or ["it said nothing"])[-1])


if __name__ == "__main__":
    print(bring_chromium() or MISSING)
