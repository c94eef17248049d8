// One tile: the picture with its shapes, the row's key, and its counts.

import { element, grouped } from "../elements.js";
import { describeOutcome, OUTCOMES } from "./colours.js";
import { drawPicture, drawShapes, fitCanvas } from "./drawing.js";
import { fitted } from "./layout.js";
import { FALSE_ALARM, FOUND, MISSED } from "./matching.js";
import { shapesOf } from "./shapes.js";

const COUNTED = [[FOUND, "found"], [FALSE_ALARM, "falseAlarms"], [MISSED, "missed"]];

/** An empty tile; `paintTile` fills it. */
export function createTile() {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const key = element("span", { className: "key" });
  const counts = COUNTED.map(([outcome, name]) => createCount(outcome, name));
  const root = element("button", { type: "button", className: "tile", tabIndex: -1 }, [
    canvas, key, element("span", { className: "tally", "aria-hidden": "true" }, counts.map((count) => count.root)),
  ]);
  return { root, canvas, key, counts, pane: -1, index: -1, shapes: [], place: null, stale: true };
}

function createCount(outcome, name) {
  const { sign, colour } = describeOutcome(outcome);
  const number = element("span");
  const root = element("span", { className: "count" }, [element("span", { className: "sign", textContent: sign }), number]);
  root.style.setProperty("--sign", colour);
  return { root, number, name };
}

/**
 * Bring a tile up to date.
 *
 * `run` is the pane's run, `row` its row here (-1: the run does not have it), `grid` the layout, `bitmap` the
 * thumbnail if it is there, `look` what is shown and how: `{display, blank}`.
 */
export function paintTile(tile, { run, row, grid, bitmap, look }) {
  const area = { width: grid.tileWidth, height: grid.pictureHeight };
  const context = fitCanvas(tile.canvas, area.width, area.height);
  tile.stale = false;
  tile.shapes = [];
  tile.root.classList.toggle("absent", row < 0);
  if (row < 0) {
    caption(tile, "Not in this run", `Not in ${run.title}`, null);
    return;
  }
  tile.place = fitted(run.pack.width(row), run.pack.height(row), area);
  tile.shapes = shapesOf(run, row, look.display);
  drawPicture(context, bitmap, tile.place, look.blank);
  drawShapes(context, tile.shapes, tile.place, { colourOf: run.colourOf });
  const { found, falseAlarms, missed } = run.outcomes.matched(row);
  const counts = { found: found[row], falseAlarms: falseAlarms[row], missed: missed[row] };
  const key = run.pack.key(row);
  caption(tile, key, `${key}, ${run.title}: ${inWords(counts)}`, counts);
}

function caption(tile, key, label, counts) {
  setText(tile.key, key);
  if (tile.root.getAttribute("aria-label") !== label) tile.root.setAttribute("aria-label", label);
  for (const count of tile.counts) {
    const number = counts ? counts[count.name] : 0;
    setText(count.number, counts ? grouped(number) : "");
    count.root.classList.toggle("none", !number);
  }
}

/** "3 found, 1 false alarm, 0 missed". */
export function inWords(counts) {
  return COUNTED.map(([outcome, name]) => {
    const { name: one, many } = OUTCOMES.find((entry) => entry.outcome === outcome);
    return `${grouped(counts[name])} ${counts[name] === 1 ? one : many}`;
  }).join(", ");
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
