// What the colours mean. Features can be switched off here.

import { element } from "../elements.js";
import { legendEntries } from "./colours.js";
import { swatch } from "./describing.js";

const SHOWN_AT_FIRST = 16;

/** The legend: `show(colourBy, features, hidden, rule)`; `onHide(hidden)` hears of the set of feature names switched off. */
export function createLegend(onHide) {
  const root = element("ul", { className: "legend", "aria-label": "Colours" });
  const switches = new Map();
  let isOpen = false;
  let shownNow = "";

  function show(colourBy, features, hidden, rule) {
    const name = JSON.stringify([colourBy, features, rule, isOpen]);
    if (name === shownNow) return mark(hidden); // made anew, a switch would lose the keyboard's focus
    shownNow = name;
    switches.clear();
    const entries = legendEntries(colourBy, features, rule);
    const shown = isOpen ? entries : entries.slice(0, SHOWN_AT_FIRST);
    const rest = entries.length - SHOWN_AT_FIRST;
    const made = shown.map((entry) => element("li", {}, [
      colourBy === "feature" ? switchFor(entry, hidden) : element("span", { className: "entry" }, [swatch(entry.colour), entry.label]),
    ]));
    if (rest > 0) made.push(element("li", {}, [more(rest, () => show(colourBy, features, hidden, rule))]));
    root.replaceChildren(...made);
  }

  function mark(hidden) {
    for (const [name, button] of switches) button.setAttribute("aria-pressed", `${!hidden.has(name)}`);
  }

  function switchFor({ name, label, colour }, hidden) {
    const button = element("button", {
      type: "button", className: "entry", title: "Show or hide this feature", "aria-pressed": `${!hidden.has(name)}`,
      onclick: () => {
        const isHidden = !hidden.delete(name);
        if (isHidden) hidden.add(name);
        button.setAttribute("aria-pressed", `${!isHidden}`);
        onHide(hidden);
      },
    }, [swatch(colour), label]);
    switches.set(name, button);
    return button;
  }

  function more(rest, redraw) {
    return element("button", {
      type: "button", className: "entry more", textContent: isOpen ? "Show fewer" : `${rest} more`,
      onclick: () => {
        isOpen = !isOpen;
        redraw();
      },
    });
  }

  return { root, show };
}
