"""The views, each with one `render`; none knows of another."""
