// The note beside the point under the pointer.

import { element } from "../elements.js";

const DISTANCE = 14;

export function createTip() {
  const key = element("span", { className: "key" });
  const swatch = element("span", { className: "swatch" });
  const name = element("span", {});
  const root = element("div", { className: "tip", hidden: true }, [
    key, element("span", { className: "kind" }, [swatch, name]),
  ]);

  return {
    root,
    show({ text, name: kind, colour, x, y }) {
      key.textContent = text;
      name.textContent = kind;
      swatch.style.setProperty("--colour", colour);
      root.hidden = false;
      const box = root.parentElement.getBoundingClientRect();
      const [width, height] = [root.offsetWidth, root.offsetHeight];
      const left = x + DISTANCE + width > box.width ? x - DISTANCE - width : x + DISTANCE;
      const top = Math.min(Math.max(y - height / 2, 4), box.height - height - 4);
      root.style.transform = `translate(${Math.max(left, 4)}px, ${top}px)`;
    },
    hide() {
      root.hidden = true;
    },
  };
}
