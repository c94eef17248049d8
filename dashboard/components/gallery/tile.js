// One tile: the picture or text with its shapes, the row's key, and its counts or its answer.

import { element, grouped } from "../elements.js";
import { COUNTED, describeOutcome } from "./colours.js";
import { drawPicture, drawShapes, fitCanvas } from "./drawing.js";
import { fitted } from "./layout.js";
import { shapesOf } from "./shapes.js";
import { textNodes } from "./texts.js";
import { areSameVerdicts, verdictNodes, verdictsInWords, verdictsOf } from "./verdicts.js";

const LARGE = 150; // from this width on, thin lines look lost
const LINE = 18; // pixels: a line of a text, and what is left above it; see texts.css
const ABOVE = 6;
const LETTER = 4; // pixels: no usual text has narrower letters on the average

/** An empty tile; `paintTile` fills it. */
export function createTile() {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const words = element("div");
  const text = element("div", { className: "text", hidden: true }, [words]);
  const key = element("span", { className: "key" });
  const verdicts = element("span", { className: "verdicts", hidden: true });
  const counts = COUNTED.map(([outcome, name]) => createCount(outcome, name));
  const root = element("button", { type: "button", className: "tile", tabIndex: -1 }, [
    canvas, text, key, verdicts,
    element("span", { className: "tally", "aria-hidden": "true" }, counts.map((count) => count.root)),
  ]);
  return {
    root, canvas, text, words, key, verdicts, counts, pane: -1, index: -1, marks: new Map(), shapes: [], said: [],
    place: null, drawn: null, stale: true,
  };
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
  tile.stale = false;
  tile.root.classList.toggle("absent", row < 0);
  const shapes = row < 0 ? [] : shapesOf(run, row, look.display);
  const said = row < 0 ? [] : verdictsOf(run, row, look.display);
  const drawn = { run, row, grid, bitmap, look };
  const isOther = !isSame(tile.drawn, drawn);
  if (isOther || !areSame(tile.shapes, shapes)) draw(tile, shapes, drawn);
  if (isOther || !areSameVerdicts(tile.said, said)) tile.verdicts.replaceChildren(...verdictNodes(run, said));
  Object.assign(tile, { shapes, said, drawn });
  if (row < 0) {
    tile.verdicts.hidden = true;
    caption(tile, "Not in this run", `Not in ${run.title}`, null);
  }
  else describe(tile, run, row);
}

function draw(tile, shapes, { run, row, grid, bitmap, look }) {
  const area = { width: grid.tileWidth, height: grid.pictureHeight };
  const isText = row >= 0 && run.pack.isText(row);
  tile.canvas.hidden = isText;
  tile.text.hidden = !isText;
  if (isText) return write(tile, shapes, { run, row, area });
  tile.marks.clear();
  const context = fitCanvas(tile.canvas, area.width, area.height);
  tile.place = row < 0 ? null : fitted(run.pack.width(row), run.pack.height(row), area);
  if (row < 0) return;
  drawPicture(context, bitmap, tile.place, look.blank);
  drawShapes(context, shapes, tile.place, { colourOf: run.colourOf, lineWidth: area.width < LARGE ? 1 : 2 });
}

function write(tile, shapes, { run, row, area }) {
  const lines = Math.max(1, Math.floor((area.height - ABOVE) / LINE));
  const limit = Math.ceil((lines * area.width) / LETTER);
  tile.place = null;
  tile.text.style.height = `${area.height}px`;
  tile.words.style.webkitLineClamp = lines;
  tile.words.replaceChildren(...textNodes(run.pack.text(row), shapes, { colourOf: run.colourOf, limit, marks: tile.marks }));
}

// While a slider moves by a hundredth, most tiles look as before; comparing is much cheaper than drawing.
function isSame(drawn, news) {
  return drawn !== null && Object.keys(news).every((name) => drawn[name] === news[name]);
}

function areSame(shapes, others) {
  return shapes.length === others.length && shapes.every((shape, place) => {
    const other = others[place];
    return shape.index === other.index && shape.outcome === other.outcome && shape.kind === other.kind;
  });
}

function describe(tile, run, row) {
  const { found, falseAlarms, missed } = run.outcomes.matched(row);
  const counts = { found: found[row], falseAlarms: falseAlarms[row], missed: missed[row] };
  const key = run.pack.key(row);
  const { question, rule } = run.pack;
  tile.verdicts.hidden = question === null;
  if (question) caption(tile, key, `${key}, ${run.title}: ${verdictsInWords(run, tile.said)}`, null);
  else if (run.counted) caption(tile, key, `${key}, ${run.title}: ${inWords(counts, rule)}`, counts);
  else caption(tile, key, `${key}, ${run.title}`, null);
}

function caption(tile, key, label, counts) {
  setText(tile.key, key);
  if (tile.root.getAttribute("aria-label") !== label) tile.root.setAttribute("aria-label", label);
  for (const count of tile.counts) {
    const number = counts ? counts[count.name] : 0;
    setText(count.number, counts ? grouped(number) : "");
    count.root.classList.toggle("none", !number);
    count.root.hidden = !counts;
  }
}

/** "3 found, 1 false alarm, 0 missed". */
export function inWords(counts, rule) {
  return COUNTED.map(([outcome, name]) => {
    const { name: one, many } = describeOutcome(outcome, rule);
    return `${grouped(counts[name])} ${counts[name] === 1 ? one : many}`;
  }).join(", ");
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
