"""From records to numbers: boxes, masks, classes, pixels and spans, each measured by what it is."""
