// Walking through the grid with the arrow keys.

/** Where a key leads from a tile, or null: `{pane, index}`. */
export function destination(key, { pane, index, columns, count }) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -index, End: count - 1 - index };
  if (!(key in steps)) return null;
  const wanted = index + steps[key];
  return wanted >= 0 && wanted < count ? { pane, index: wanted } : { pane, index };
}
