"""Model runs: recorded around any code, sealed, opened again."""
