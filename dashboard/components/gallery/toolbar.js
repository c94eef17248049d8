// The controls above the grid.

import { element } from "../elements.js";

const SMALLEST = 80;
const LARGEST = 400;
const WAYS = [["feature", "Feature"], ["outcome", "Outcome"], ["source", "Truth or prediction"]];

/**
 * Controls for `{tileSize, truth, predictions, colourBy}`; `onChange(part)` is called with what changed.
 *
 * `show(display)` sets them, `offer(outcomes)` says whether colours may tell outcomes.
 */
export function createToolbar(onChange) {
  const size = element("input", {
    type: "range", min: SMALLEST, max: LARGEST, step: 10, "aria-label": "Tile size",
    oninput: () => {
      fill();
      onChange({ tileSize: size.valueAsNumber });
    },
  });
  const truth = checkbox("Truth", (checked) => onChange({ truth: checked }), "solid");
  const predictions = checkbox("Predictions", (checked) => onChange({ predictions: checked }), "dashed");
  const colourBy = element("select", { "aria-label": "Colour by", onchange: () => onChange({ colourBy: colourBy.value }) },
    WAYS.map(([value, textContent]) => element("option", { value, textContent })));
  const root = element("div", { className: "toolbar", role: "toolbar", "aria-label": "Gallery display" }, [
    truth.root, predictions.root, labelled("Colour by", colourBy), labelled("Tile size", size, "size"),
  ]);

  function fill() {
    size.style.setProperty("--filled", `${((size.valueAsNumber - SMALLEST) / (LARGEST - SMALLEST)) * 100}%`);
  }

  function show(display) {
    size.value = display.tileSize;
    fill();
    truth.box.checked = display.truth;
    predictions.box.checked = display.predictions;
    colourBy.value = display.colourBy;
  }

  function offer(outcomes) {
    const option = [...colourBy.options].find(({ value }) => value === "outcome");
    option.hidden = option.disabled = !outcomes;
  }

  return { root, show, offer };
}

function checkbox(name, onChange, line) {
  const box = element("input", { type: "checkbox", onchange: () => onChange(box.checked) });
  const sample = element("span", { className: `line ${line}`, "aria-hidden": "true" });
  return { box, root: element("label", { className: "control" }, [box, name, sample]) };
}

function labelled(name, input, kind = "") {
  return element("label", { className: `control ${kind}` }, [element("span", { className: "name", textContent: name }), input]);
}
