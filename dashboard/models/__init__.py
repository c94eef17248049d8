"""The parts of the Models page: each draws one of them."""
