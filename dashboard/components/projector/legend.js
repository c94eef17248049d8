// The classes with their colours and counts; a click hides or shows one.

import { counted, element, grouped } from "../elements.js";

/** `onChange(hidden: Set of class numbers)` is called whenever the reader hides or shows classes. */
export function createLegend({ onChange }) {
  const hidden = new Set();
  let rows = [];
  let shownNames = "";
  const title = element("h3", {});
  const all = element("button", { type: "button", className: "all", textContent: "Show all", onclick: showAll });
  const list = element("div", { className: "classes" });
  const root = element("section", { className: "legend", "aria-label": "Legend" }, [
    element("header", {}, [title, all]),
    list,
  ]);

  /** Show [[name, colour], ...] with counts[i] points each; what is hidden stays so while the names are the same. */
  function show({ heading, classes, counts }) {
    const names = classes.map(([name]) => name).join("\n");
    if (names !== shownNames) hidden.clear();
    shownNames = names;
    title.textContent = heading;
    rows = classes.map(([name, colour], kind) => createRow(name, colour, counts[kind], kind));
    list.replaceChildren(...rows.map((row) => row.root));
    refresh();
  }

  function createRow(name, colour, count, kind) {
    const swatch = element("span", { className: "swatch" });
    swatch.style.setProperty("--colour", colour);
    const number = element("span", { className: "number" });
    const hint = `${name}: ${counted(count, "point")}. Click to hide or show; Alt+click to show only this.`;
    const made = element("button", {
      type: "button",
      className: "class",
      title: hint,
      "aria-label": `${name}, ${counted(count, "point")}`,
      onclick: (event) => (event.altKey ? showOnly(kind) : toggle(kind)),
    }, [swatch, element("span", { className: "name", textContent: name }), number]);
    return { root: made, number, count, kind };
  }

  function toggle(kind) {
    if (!hidden.delete(kind)) hidden.add(kind);
    changed();
  }

  function showOnly(kind) {
    rows.forEach((row) => (row.kind === kind ? hidden.delete(kind) : hidden.add(row.kind)));
    changed();
  }

  function showAll() {
    hidden.clear();
    changed();
  }

  function changed() {
    refresh();
    onChange(hidden);
  }

  function refresh() {
    for (const row of rows) row.root.setAttribute("aria-pressed", String(!hidden.has(row.kind)));
    all.hidden = !hidden.size;
  }

  /** Show how many of each class are selected, or null for no selection. */
  function showSelected(selected) {
    for (const { number, count, kind } of rows) {
      number.replaceChildren(
        selected ? element(selected[kind] ? "b" : "span", { textContent: grouped(selected[kind]) }) : "",
        selected ? ` / ${grouped(count)}` : grouped(count),
      );
    }
  }

  return { root, show, showSelected, hidden };
}
