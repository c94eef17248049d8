// One run's side of the inspector.

import { element } from "../elements.js";
import { createAnswers } from "./answers.js";
import { cardLines, outcomeLabel } from "./describing.js";
import { drawPicture, drawShapes, fitCanvas } from "./drawing.js";
import { fitted } from "./layout.js";
import { createObjects } from "./objects.js";
import { shapeAt, shapesOf } from "./shapes.js";
import { textNodes } from "./texts.js";
import { inWords } from "./tile.js";
import { verdictsOf } from "./verdicts.js";
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
  const answers = createAnswers();
  const words = element("div");
  const text = element("div", { className: "text", hidden: true, tabIndex: 0 }, [words]);
  const marks = new Map();
  const stage = element("div", { className: "stage" }, [canvas, text]);
  const root = element("section", { className: "pane", "aria-label": run.title }, [
    element("header", {}, [element("span", { className: "run", textContent: run.title, title: run.title }), counts]),
    stage, element("div", { className: "list" }, [answers.root, objects.root]),
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
    list(look.display);
    text.hidden = !isText();
    canvas.hidden = isText();
    if (row < 0) return;
    const emphasised = pointed && shapes.find((shape) => shape.kind === pointed.kind && shape.index === pointed.index);
    if (isText()) return write(emphasised);
    place = view.applied(fitted(run.pack.width(row), run.pack.height(row), area));
    context.imageSmoothingQuality = "high";
    drawPicture(context, bitmapFrom(sources), place, look.blank);
    drawShapes(context, shapes, place, { colourOf: run.colourOf, lineWidth: LINE_WIDTH, emphasised });
  }

  function isText() {
    return row >= 0 && run.pack.isText(row);
  }

  function write(emphasised) {
    words.replaceChildren(...textNodes(run.pack.text(row), shapes, { colourOf: run.colourOf, emphasised, marks }));
  }

  // The list is made anew only when it would differ: a drag of the picture must not disturb it.
  function list(display) {
    const verdicts = row < 0 ? [] : verdictsOf(run, row, display);
    const seen = [...shapes.map(({ kind, index, outcome }) => [kind, index, outcome]), ...verdicts];
    const name = JSON.stringify([row, seen, display.truth, display.predictions, [...display.hidden]]);
    if (name === listed) return;
    listed = name;
    answers.show(run, row, display);
    objects.show(run, shapes, isText() ? run.pack.text(row) : "");
    objects.root.hidden = shapes.length === 0 && !answers.root.hidden;
    counts.replaceChildren(summary(verdicts));
  }

  function summary(verdicts) {
    if (row < 0) return "Not in this run";
    if (run.pack.rule === "choice") return verdicts.length ? outcomeLabel(verdicts[0], run.pack.rule) : "no answer";
    return run.counted ? inWords(countsOf(), run.pack.rule) : "";
  }

  function countsOf() {
    const { found, falseAlarms, missed } = run.outcomes.matched(row);
    return { found: found[row], falseAlarms: falseAlarms[row], missed: missed[row] };
  }

  text.addEventListener("pointermove", (event) => point(marks.get(event.target) ?? null, event));
  text.addEventListener("pointerleave", leave);
  steer(canvas, view, () => place);
  canvas.addEventListener("pointermove", (event) => {
    const at = fractionAt(canvas, place, event);
    const slack = { x: SLACK_PIXELS / place.width, y: SLACK_PIXELS / place.height };
    point(event.buttons ? null : shapeAt(shapes, at.x, at.y, slack), event);
  });
  canvas.addEventListener("pointerleave", leave);

  function point(shape, event) {
    if (shape) tooltip.show(cardLines(run, shape), event);
    else tooltip.hide();
    if (shape?.index === pointed?.index && shape?.kind === pointed?.kind) return;
    pointed = shape;
    redraw();
  }

  function leave() {
    pointed = null;
    tooltip.hide();
    redraw();
  }

  return { root, show, picture, draw };
}
