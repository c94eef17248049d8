"""How long measuring takes, beside the other programs that measure the same: `make speed`."""
