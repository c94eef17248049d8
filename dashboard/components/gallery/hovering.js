// Pointing at tiles: the card of the shape under the pointer, and the same row marked in the other panes.

import { cardLines } from "./describing.js";
import { shapeAt } from "./shapes.js";

const SLACK = 4;

/** Follow the pointer over a grid; `runOf(pane)` gives the run of a pane. Returns `{leave}`. */
export function followPointer(grid, tooltip, runOf) {
  let marked = [];

  function mark(tiles) {
    for (const tile of marked) tile.root.classList.remove("twin");
    for (const tile of tiles) tile.root.classList.add("twin");
    marked = tiles;
  }

  function leave() {
    mark([]);
    tooltip.hide();
  }

  grid.root.addEventListener("pointermove", (event) => {
    const tile = grid.tileOf(event.target.closest?.(".tile"));
    if (!tile) return leave();
    mark(grid.tilesAt(tile.index).filter((other) => other !== tile));
    const shape = tile.marks.get(event.target) ?? (tile.place && pointedAt(tile, event));
    if (shape) tooltip.show(cardLines(runOf(tile.pane), shape), event);
    else tooltip.hide();
  });
  grid.root.addEventListener("pointerleave", leave);
  grid.root.addEventListener("scroll", leave, { passive: true });
  return { leave };
}

function pointedAt(tile, event) {
  const frame = tile.canvas.getBoundingClientRect();
  const { left, top, width, height } = tile.place;
  const slack = { x: SLACK / width, y: SLACK / height };
  return shapeAt(tile.shapes, (event.clientX - frame.left - left) / width, (event.clientY - frame.top - top) / height, slack);
}
