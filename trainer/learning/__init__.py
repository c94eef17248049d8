"""Micro-models: training, prediction, embeddings and weights; the only place that imports torch."""
