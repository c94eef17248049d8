// What a shape is, in words: for the card beside the pointer and the list in the inspector.

import { element } from "../elements.js";
import { describeOutcome, PREDICTION } from "./colours.js";
import { measuresOf } from "./shapes.js";

/** A number of two decimals (rounded down, as thresholds see it), or a dash where there is none. */
export function decimals(value) {
  return Number.isFinite(value) ? (Math.floor(value * 100 + 1e-9) / 100).toFixed(2) : "–";
}

/** A square of colour. */
export function swatch(colour) {
  const made = element("span", { className: "swatch", "aria-hidden": "true" });
  made.style.background = colour;
  return made;
}

/** An outcome as its coloured sign and its word. */
export function outcomeLabel({ outcome, crowd }, rule) {
  const { name, sign, colour } = describeOutcome(outcome, rule);
  const mark = element("span", { className: "sign", textContent: sign, "aria-hidden": "true" });
  mark.style.setProperty("--sign", colour);
  return element("span", { className: "outcome" }, [mark, crowd ? "crowd" : name]);
}

/** The lines of the card for one shape of a run. */
export function cardLines(run, shape) {
  const { confidence, iou } = measuresOf(run, shape);
  const measures = [
    (run.counted || shape.kind === PREDICTION) && Number.isFinite(confidence) ? `confidence ${decimals(confidence)}` : null,
    run.counted && shape.first < 0 && Number.isFinite(iou) ? `IoU ${decimals(iou)}` : null,
  ].filter(Boolean);
  return [
    element("div", { className: "title" }, [
      swatch(run.colours[shape.feature]), run.pack.features[shape.feature],
      element("span", { className: "kind", textContent: shape.kind === PREDICTION ? "prediction" : "truth" }),
    ]),
    run.counted ? element("div", {}, [outcomeLabel(shape, run.pack.rule)]) : null,
    measures.length ? element("div", { className: "measures", textContent: measures.join(" · ") }) : null,
  ].filter(Boolean);
}
