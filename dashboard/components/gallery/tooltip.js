// The small card beside the pointer.

import { element } from "../elements.js";

const DISTANCE = 14;

/** A card inside `container` (a positioned element): `show(lines, event)` and `hide()`. */
export function createTooltip(container) {
  const root = element("div", { className: "tooltip", hidden: true, role: "tooltip" });
  container.append(root);

  function show(lines, event) {
    root.replaceChildren(...lines);
    root.hidden = false;
    const frame = container.getBoundingClientRect();
    const { width, height } = root.getBoundingClientRect();
    const right = Math.min(frame.right, globalThis.innerWidth);
    const bottom = Math.min(frame.bottom, globalThis.innerHeight);
    const x = event.clientX + DISTANCE + width > right ? event.clientX - DISTANCE - width : event.clientX + DISTANCE;
    const y = event.clientY + DISTANCE + height > bottom ? event.clientY - DISTANCE - height : event.clientY + DISTANCE;
    root.style.transform = `translate(${Math.max(0, x - frame.left)}px, ${y - frame.top}px)`;
  }

  return { root, show, hide: () => (root.hidden = true) };
}
