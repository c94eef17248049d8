// What the thresholds lead to, run by run, while they move.

import { element, grouped } from "../elements.js";

const COLUMNS = [
  ["found", "Found"],
  ["falseAlarms", "False alarms"],
  ["missed", "Missed"],
];

/** A small table that is filled with the store's counts by `show(counts)`; hidden while there are none. */
export function createCounts() {
  const body = element("tbody");
  const heads = ["Run", ...COLUMNS.map(([, title]) => title)];
  const root = element("table", { className: "counts", hidden: true, "aria-label": "Counts at these thresholds" }, [
    element("thead", {}, [element("tr", {}, heads.map((title) => element("th", { textContent: title, scope: "col" })))]),
    body,
  ]);

  function show(counts) {
    root.hidden = counts.size === 0;
    const lines = [...counts.values()].sort((one, other) => one.order - other.order);
    while (body.rows.length > lines.length) body.deleteRow(-1);
    while (body.rows.length < lines.length) body.append(createLine());
    lines.forEach((line, place) => fill(body.rows[place], line));
  }

  return { root, show };
}

function createLine() {
  return element("tr", {}, [
    element("th", { scope: "row" }), ...COLUMNS.map(([name]) => element("td", { className: name })),
  ]);
}

function fill(line, counts) {
  line.classList.toggle("counting", !counts.complete);
  setText(line.cells[0], counts.title);
  COLUMNS.forEach(([name], place) => setText(line.cells[place + 1], grouped(counts[name])));
}

function setText(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}
