// What stands where the grid will be: while it loads, when nothing is to be shown, when loading failed.

import { element } from "../elements.js";

const SKELETON_TILES = 80; // more than fit; the rest is cut off

/** `loading()`, `empty()`, `failed(message, retry)` fill it; `clear()` hides it. */
export function createStatus() {
  const root = element("div", { className: "status" });

  function show(name, children) {
    root.className = `status ${name}`;
    root.hidden = false;
    root.replaceChildren(...children);
  }

  return {
    root,
    loading: () => show("loading", [
      element("span", { className: "unseen", role: "status", textContent: "Loading the pictures and boxes" }),
      ...Array.from({ length: SKELETON_TILES }, () => element("div", { className: "ghost", "aria-hidden": "true" })),
    ]),
    empty: () => show("message", [
      element("p", { role: "status", textContent: "No rows match the current selection. Loosen the filter to see some." }),
    ]),
    failed: (message, retry) => show("message", [
      element("p", { role: "alert", textContent: message }),
      element("button", { type: "button", className: "button", textContent: "Try again", onclick: retry }),
    ]),
    clear: () => {
      root.hidden = true;
      root.replaceChildren();
    },
  };
}
