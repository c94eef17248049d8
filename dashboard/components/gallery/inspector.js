// One row at full size over the page: every run side by side with one zoom, and the list of objects.

import { element, grouped } from "../elements.js";
import { createInspectorPane } from "./inspector_pane.js";
import { createThumbnails } from "./thumbnails.js";
import { createTooltip } from "./tooltip.js";
import { createView } from "./zooming.js";

const ZOOM_STEP = 1.5;

/**
 * The inspector: `open(index)`, `close()`, `redraw()`, `setContent({runs, tiles})`, `setLook(look)`.
 *
 * `thumbnails` is the grid's source of small pictures, which are shown until the real one is here. `onMove(index)`
 * hears of every row shown, and of -1 at closing.
 */
export function createInspector({ thumbnails, onMove }) {
  const view = createView(() => redraw());
  const pictures = createThumbnails(() => redraw());
  const key = element("h2", { className: "key" });
  const where = element("span", { className: "where" });
  const body = element("div", { className: "panes" });
  const previous = button("Previous row", "‹", () => step(-1));
  const next = button("Next row", "›", () => step(1));
  const zoom = element("div", { className: "group", role: "group", "aria-label": "Zoom" }, [
    button("Zoom out", "−", () => view.zoom(1 / ZOOM_STEP)),
    button("Fit", "Fit", () => view.reset()),
    button("Zoom in", "+", () => view.zoom(ZOOM_STEP)),
  ]);
  const bar = element("div", { className: "bar" }, [
    element("div", { className: "group" }, [previous, next]), key, where, zoom,
    button("Close", "✕", () => dialog.close()),
  ]);
  const dialog = element("dialog", { className: "inspector", tabIndex: -1, "aria-label": "Row inspector" }, [bar, body]);
  const tooltip = createTooltip(dialog);
  let content = null;
  let look = null;
  let index = -1;
  let panes = [];
  let frame = 0;

  function setContent(news) {
    content = news;
    panes = news.runs.map((run) => createInspectorPane({ run, view, tooltip, redraw }));
    body.style.gridTemplateColumns = `repeat(${panes.length}, minmax(0, 1fr))`;
    body.replaceChildren(...panes.map((pane) => pane.root));
    dialog.close(); // the same place may hold another row now
  }

  function open(wanted) {
    if (!dialog.open) {
      dialog.showModal();
      dialog.focus(); // else a button would stand out as if it had been chosen
    }
    view.reset();
    show(wanted);
  }

  function show(wanted) {
    index = wanted;
    const count = content.tiles[0].length;
    const pane = content.tiles.findIndex((rows) => rows[index] >= 0);
    key.textContent = pane < 0 ? "" : content.runs[pane].pack.key(content.tiles[pane][index]);
    zoom.hidden = pane >= 0 && content.runs[pane].pack.isText(content.tiles[pane][index]);
    where.textContent = `${grouped(index + 1)} of ${grouped(count)}`;
    previous.disabled = index === 0;
    next.disabled = index === count - 1;
    panes.forEach((each, place) => each.show(content.tiles[place][index]));
    pictures.inSight(panes.map((each) => each.picture()).filter((address) => address !== null));
    redraw();
    onMove(index);
  }

  function step(by) {
    const wanted = index + by;
    if (wanted < 0 || wanted >= content.tiles[0].length) return;
    view.reset();
    show(wanted);
  }

  function redraw() {
    if (!dialog.open || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      for (const pane of panes) pane.draw({ thumbnails, pictures }, look);
    });
  }

  const KEYS = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    "+": () => view.zoom(ZOOM_STEP),
    "=": () => view.zoom(ZOOM_STEP),
    "-": () => view.zoom(1 / ZOOM_STEP),
    0: () => view.reset(),
  };
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the page has shortcuts of its own
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  dialog.addEventListener("close", () => {
    tooltip.hide();
    pictures.inSight([]);
    index = -1;
    onMove(-1);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const resized = new ResizeObserver(() => redraw());
  resized.observe(body);

  return {
    root: dialog, open, setContent, redraw,
    setLook(news) {
      look = news;
      redraw();
    },
    close: () => dialog.close(),
    index: () => index,
    dispose() {
      resized.disconnect();
      cancelAnimationFrame(frame);
      pictures.clear();
      dialog.remove();
    },
  };
}

function button(name, text, onclick) {
  return element("button", { type: "button", className: "button", textContent: text, title: name, "aria-label": name, onclick });
}
