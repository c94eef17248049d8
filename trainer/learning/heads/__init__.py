"""Heads of micro-models: each makes its answer of feature maps, and knows what a wrong answer costs."""
