"""Foreign files to records and back, one package a format."""
