// The list of a row's objects in the inspector: each truth with what found it, each false alarm.

import { element } from "../elements.js";
import { PREDICTION, TRUTH } from "./colours.js";
import { decimals, outcomeLabel, swatch } from "./describing.js";
import { FALSE_ALARM, FOUND, MISSED, UNCOUNTED } from "./matching.js";
import { measuresOf } from "./shapes.js";

const ORDER = [MISSED, FALSE_ALARM, FOUND, UNCOUNTED]; // what needs looking at comes first
const HEADS = ["Outcome", "Feature", "Confidence", "IoU"];

/** A table of objects: `show(run, shapes)` fills it; `onPoint(shape or null)` hears which one is pointed at. */
export function createObjects(onPoint) {
  const body = element("tbody");
  const heads = HEADS.map((textContent) => element("th", { textContent, scope: "col" }));
  const root = element("table", { className: "objects" }, [
    element("thead", {}, [element("tr", {}, heads)]),
    body,
  ]);
  const none = element("p", { className: "none", textContent: "Nothing is shown on this row at these thresholds." });

  function show(run, shapes, text = "") {
    const lines = run.counted ? listed(shapes) : shapes;
    heads[0].textContent = run.counted ? HEADS[0] : "Source";
    root.classList.toggle("placeless", lines.length > 0 && lines.every(({ first }) => first >= 0));
    body.replaceChildren(...lines.map((shape) => line(run, shape, { onPoint, text })));
    root.hidden = lines.length === 0;
    none.hidden = lines.length > 0;
  }

  return { root: element("div", {}, [root, none]), show };
}

// A claim is one line, shown with its prediction; the truth stands alone when predictions are switched off.
function listed(shapes) {
  const hasPredictions = shapes.some((shape) => shape.kind === PREDICTION);
  return shapes
    .filter((shape) => !(hasPredictions && shape.kind === TRUTH && shape.outcome === FOUND))
    .sort((one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome));
}

function line(run, shape, { onPoint, text }) {
  const { confidence, iou } = measuresOf(run, shape);
  const isSaid = run.counted || shape.kind === PREDICTION;
  return element("tr", { onpointerenter: () => onPoint(shape), onpointerleave: () => onPoint(null) }, [
    element("td", {}, [run.counted ? outcomeLabel(shape, run.pack.rule) : shape.kind]),
    element("td", { className: "feature" }, [
      swatch(run.colours[shape.feature]), run.pack.features[shape.feature],
      shape.first >= 0 ? element("span", { className: "quote", textContent: text.slice(shape.first, shape.end) }) : null,
    ]),
    element("td", { className: "number", textContent: decimals(isSaid ? confidence : NaN) }),
    element("td", { className: "number", textContent: decimals(run.counted ? iou : NaN) }),
  ]);
}
