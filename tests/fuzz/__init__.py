"""Random scenes, measured by us and by pycocotools, for as long as one likes: `make fuzz`."""
