"""Scores of rows, and rankings of the candidates of each row."""
