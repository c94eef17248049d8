// The line above the panes: each run's title and its counts over the rows shown.

import { element, grouped } from "../elements.js";
import { COUNTED, describeOutcome } from "./colours.js";
import { PANE_GAP } from "./layout.js";

/** `setRuns(runs)`, `setWidth(width)` of the panes together, `setCounts(pane, counts)`. */
export function createHeads() {
  const root = element("div", { className: "heads" });
  root.style.columnGap = `${PANE_GAP}px`;
  let heads = [];

  function setRuns(runs) {
    heads = runs.map(createHead);
    root.style.gridTemplateColumns = `repeat(${runs.length}, minmax(0, 1fr))`;
    root.replaceChildren(...heads.map((head) => head.root));
  }

  function setCounts(pane, counts) {
    heads[pane]?.root.classList.toggle("counting", !counts.complete);
    for (const [, name] of COUNTED) heads[pane]?.numbers[name].replaceChildren(grouped(counts[name]));
  }

  return { root, setRuns, setCounts, setWidth: (width) => (root.style.width = `${width}px`) };
}

function createHead({ title, pack }) {
  const numbers = Object.fromEntries(COUNTED.map(([, name]) => [name, element("b")]));
  const counts = COUNTED.map(([outcome, name]) => {
    const { sign, many, colour } = describeOutcome(outcome, pack.rule);
    const count = element("span", { className: "count" }, [
      element("span", { className: "sign", textContent: sign, "aria-hidden": "true" }), " ", numbers[name], ` ${many}`,
    ]);
    count.style.setProperty("--sign", colour);
    return count;
  });
  const root = element("div", { className: "head" }, [
    element("span", { className: "run", textContent: title, title }),
    element("span", { className: "counts" }, counts),
  ]);
  return { root, numbers };
}
