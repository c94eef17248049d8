// One run's side of the inspector.

import { element } from "../elements.js";
import { cardLines } from "./describing.js";
import { drawPicture, drawShapes, fitCanvas } from "./drawing.js";
import { fitted } from "./layout.js";
import { createObjects } from "./objects.js";
import { shapeAt, shapesOf } from "./shapes.js";
import { inWords } from "./tile.js";
import { fractionAt, steer } from "./zooming.js";

const LINE_WIDTH = 2;
const SLACK_PIXELS = 5;

/** `show(row)` chooses the row, `picture()` is the address of its picture or null, `draw(sources, look)` draws it. */
export function createInspectorPane({ run, view, tooltip, redraw }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const counts = element("span", { className: "counts" });
  const objects = createObjects((shape) => {
    pointed = shape;
    redraw();
  });
  const stage = element("div", { className: "stage" }, [canvas]);
  const root = element("section", { className: "pane", "aria-label": run.title }, [
    element("header", {}, [element("span", { className: "run", textContent: run.title, title: run.title }), counts]),
    stage, objects.root,
  ]);
  let row = -1;
  let place = { left: 0, top: 0, width: 1, height: 1 };
  let shapes = [];
  let pointed = null;
  let listed = "";

  function show(wanted) {
    row = wanted;
    pointed = null;
    listed = "";
  }

  function picture() {
    return row >= 0 && run.pack.hasThumbnail(row) ? run.picture(row) : null;
  }

  function bitmapFrom({ thumbnails, pictures }) {
    const address = picture();
    const large = address && pictures.get(address);
    return large ?? (row >= 0 && run.pack.hasThumbnail(row) ? thumbnails.get(run.thumbnail(row)) : null);
  }

  function draw(sources, look) {
    const area = { width: stage.clientWidth, height: stage.clientHeight };
    if (!area.width || !area.height) return;
    const context = fitCanvas(canvas, area.width, area.height);
    shapes = row < 0 ? [] : shapesOf(run, row, look.display);
    list();
    if (row < 0) return;
    place = view.applied(fitted(run.pack.width(row), run.pack.height(row), area));
    context.imageSmoothingQuality = "high";
    drawPicture(context, bitmapFrom(sources), place, look.blank);
    const emphasised = pointed && shapes.find((shape) => shape.kind === pointed.kind && shape.index === pointed.index);
    drawShapes(context, shapes, place, { colourOf: run.colourOf, lineWidth: LINE_WIDTH, emphasised });
  }

  // The list is made anew only when it would differ: a drag of the picture must not disturb it.
  function list() {
    const name = `${row} ${shapes.map((shape) => `${shape.kind}${shape.index}:${shape.outcome}`)}`;
    if (name === listed) return;
    listed = name;
    objects.show(run, shapes);
    counts.textContent = row < 0 ? "Not in this run" : run.counted ? inWords(countsOf()) : "";
  }

  function countsOf() {
    const { found, falseAlarms, missed } = run.outcomes.matched(row);
    return { found: found[row], falseAlarms: falseAlarms[row], missed: missed[row] };
  }

  steer(canvas, view, () => place);
  canvas.addEventListener("pointermove", (event) => {
    const at = fractionAt(canvas, place, event);
    const slack = { x: SLACK_PIXELS / place.width, y: SLACK_PIXELS / place.height };
    const shape = event.buttons ? null : shapeAt(shapes, at.x, at.y, slack);
    if (shape) tooltip.show(cardLines(run, shape), event);
    else tooltip.hide();
    if (shape?.index === pointed?.index && shape?.kind === pointed?.kind) return;
    pointed = shape;
    redraw();
  });
  canvas.addEventListener("pointerleave", () => {
    pointed = null;
    tooltip.hide();
    redraw();
  });

  return { root, show, picture, draw };
}
