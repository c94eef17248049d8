"""Bodies of micro-models: pictures in, feature maps at strides up to 32 out; one mechanism for every family."""
