// One threshold: a slider and an editable number that always agree.

import { element } from "../elements.js";

const STEPS = 100;

/**
 * A labelled slider from 0 to 1 by 0.01 with a number box; `show(value)` moves both.
 *
 * `onInput(value)` is called for every movement, `onRelease()` when the reader lets go or leaves the number.
 */
export function createSlider({ name, hint, onInput, onRelease }) {
  const range = element("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": name, title: hint });
  const number = element("input", {
    type: "number", min: 0, max: 1, step: 0.01, "aria-label": `${name} value`, title: hint, inputMode: "decimal",
  });

  function show(value) {
    range.value = value;
    range.style.setProperty("--filled", `${value * 100}%`);
    range.setAttribute("aria-valuetext", value.toFixed(2));
    const typing = number.getRootNode().activeElement === number;
    if (!typing) number.value = value.toFixed(2);
  }

  range.addEventListener("input", () => onInput(rounded(range.valueAsNumber)));
  number.addEventListener("input", () => {
    if (Number.isFinite(number.valueAsNumber)) onInput(rounded(number.valueAsNumber));
  });
  range.addEventListener("change", onRelease);
  number.addEventListener("change", () => {
    number.value = range.valueAsNumber.toFixed(2);
    onRelease();
  });

  const root = element("div", { className: "slider" }, [
    element("span", { className: "name", textContent: name, "aria-hidden": "true" }), range, number,
  ]);
  return { root, show };
}

// Division by 100 gives the same float64 as the literal 0.29 does in Python; adding up steps of 0.01 would not.
function rounded(value) {
  return Math.round(Math.min(1, Math.max(0, value)) * STEPS) / STEPS;
}
