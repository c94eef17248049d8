// The buttons over the plot: which tool a drag uses, and how much of the plot is seen.

import { element } from "../elements.js";
import { icon } from "./icons.js";

export const LASSO = "lasso";
export const PAN = "pan";

const TOOLS = [
  [LASSO, "Lasso: drag around points to select them"],
  [PAN, "Pan: drag to move the plot (or hold Shift with any tool)"],
];

/** Tools and view buttons; `onTool(name)` and `onView("closer" | "farther" | "fit")` are called on use. */
export function createToolbar({ onTool, onView }) {
  const tools = new Map(TOOLS.map(([name, hint]) => [name, button(name, hint, () => choose(name))]));
  const views = [
    ["closer", "Zoom in (+)"],
    ["farther", "Zoom out (−)"],
    ["fit", "Show all points (0)"],
  ].map(([name, hint]) => button(name, hint, () => onView(name)));
  const root = element("div", { className: "toolbar", role: "toolbar", "aria-label": "Plot tools" }, [
    element("div", { className: "group" }, [...tools.values()]),
    element("div", { className: "group" }, views),
  ]);

  function choose(name) {
    for (const [tool, made] of tools) made.setAttribute("aria-pressed", String(tool === name));
    onTool(name);
  }

  choose(LASSO);
  return { root };
}

function button(name, hint, onclick) {
  const made = element("button", { type: "button", className: "tool", title: hint, "aria-label": hint, onclick });
  made.append(icon(name));
  return made;
}
