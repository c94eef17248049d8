"""Start the dashboard: ``python -m dashboard``, or ``modelruns dashboard``."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys

_HOST = "127.0.0.1"


def main() -> int:
    """Serve on this machine only until interrupted; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Serve the dashboard on this machine.")
    parser.add_argument("--port", type=int, default=8501, help="port (default 8501)")
    port = parser.parse_args().port
    if _is_taken(port):
        print(
            f"modelruns: port {port} is in use, perhaps by a dashboard that is open already at http://{_HOST}:{port}. "
            f"Take another one with --port {port + 1}.",
            file=sys.stderr,
        )
        return 1

    # Streamlit takes a second to import; that a port is taken is said at once.
    from streamlit.logger import get_logger

    # What it says of caches that are declared before its server runs is of no use to a reader.
    get_logger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)
    from dashboard.app import SCRIPT, make_app
    from dashboard.theme import streamlit_config

    # The server hands the signal on to us when it has closed. Ending by it at once would leave behind what was started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    app = make_app(SCRIPT)
    print(f"modelruns dashboard: http://{_HOST}:{port}  (stop with Ctrl-C)", flush=True)
    app.run(
        config={**streamlit_config(), "logger.hideWelcomeMessage": True, "server.address": _HOST, "server.port": port}
    )
    return 0


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((_HOST, port)) == 0


if __name__ == "__main__":
    sys.exit(main())
