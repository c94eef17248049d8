"""Objects in rows: found, missed, falsely seen; boxes, masks, keypoints and spans of text alike."""
