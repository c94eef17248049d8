// The gallery: loads the runs' packs and keeps grid, heads, legend, toolbar and inspector in step.

import { element } from "../elements.js";
import { component, newsOnly } from "../mounting.js";
import { followTheme } from "../theme.js";
import { thresholds } from "../thresholds/store.js";
import { readBundle } from "./bundle.js";
import { colouring } from "./colours.js";
import { createGrid } from "./grid.js";
import { createHeads } from "./heads.js";
import { followPointer } from "./hovering.js";
import { createInspector } from "./inspector.js";
import { destination } from "./keys.js";
import { createLegend } from "./legend.js";
import { createReporter } from "./reporting.js";
import { indexOf, keyAt, loadContent } from "./runs.js";
import { createStatus } from "./status.js";
import { createThumbnails } from "./thumbnails.js";
import { createToolbar } from "./toolbar.js";
import { createTooltip } from "./tooltip.js";
import { createTotals } from "./totals.js";

const NONE = ""; // no open row; a null would be no change to Streamlit where a link had opened the row

export default component((place) => {
  const store = thresholds();
  const reporter = createReporter();
  const news = { display: newsOnly(), selected: newsOnly() };
  const hidden = new Set(); // the names of features that are switched off
  const thumbnails = createThumbnails((address) => {
    grid.pictureArrived(address);
    inspector.redraw();
  });
  const toolbar = createToolbar((part) => changeDisplay(part));
  const legend = createLegend(() => changeDisplay({}));
  const heads = createHeads();
  const grid = createGrid({ thumbnails, onLayout: (layout, width) => heads.setWidth(width) });
  const status = createStatus();
  const inspector = createInspector({ thumbnails, onMove: (index) => select(index) });
  const root = element("div", { className: "gallery" }, [
    toolbar.root, legend.root, heads.root, grid.root, status.root, inspector.root,
  ]);
  const pointer = followPointer(grid, createTooltip(root), (pane) => content.runs[pane]);
  place.append(root);

  let asked = null; // what Python asked for last: {head, tiles, text}
  let content = null; // what is shown: {runs, tiles, aspect}
  let display = null;
  let totals = [];

  function update(call) {
    followTheme(root);
    const { head, arrays } = readBundle(call.data);
    reporter.listen(call.setStateValue, head.reports);
    root.style.setProperty("--tallest", head.height ? `${head.height}px` : "");
    takeDisplay(head.display);
    const text = JSON.stringify([head.panes, head.features, head.counted]);
    const isSame = asked?.text === text && sameNumbers(asked.tiles, arrays.tiles);
    asked = isSame ? Object.assign(asked, { head }) : { head, tiles: arrays.tiles, text };
    showLook(); // also when nothing is new, because the theme may be another one
    if (isSame) takeSelected();
    else load();
  }

  async function load() {
    const wanted = asked;
    if (wanted.tiles.length === 0) return showMessage(status.empty);
    if (!content) showMessage(status.loading);
    try {
      const loaded = await loadContent(wanted.head, wanted.tiles);
      if (wanted === asked) showContent(loaded);
    } catch (error) {
      if (wanted === asked) showMessage(() => status.failed(error.message, load));
    }
  }

  function showMessage(show) {
    forgetCounts();
    content = null;
    root.classList.add("waiting");
    inspector.close();
    show();
  }

  function showContent(loaded) {
    forgetCounts();
    content = loaded;
    const { runs, tiles } = content;
    totals = runs.map((run, pane) => createTotals(run.outcomes, tiles[pane], (counts) => showCounts(pane, counts)));
    status.clear();
    root.classList.remove("waiting");
    root.classList.toggle("uncounted", !runs.every((run) => run.counted));
    root.classList.toggle("asked", runs.every(({ pack }) => pack.question !== null));
    root.classList.toggle("shapeless", !runs.some(({ pack }) => pack.truth.count + pack.predictions.count));
    heads.setRuns(runs);
    inspector.setContent(content);
    grid.setContent(content);
    showLook();
    follow(store);
    takeSelected();
  }

  function follow(values) {
    if (!content) return;
    for (const run of content.runs) run.outcomes.setThresholds(values);
    pointer.leave();
    grid.redraw();
    inspector.redraw();
    for (const total of totals) total.restart();
  }

  function showCounts(pane, counts) {
    const run = content.runs[pane];
    run.counts = { ...run.counts, ...counts };
    heads.setCounts(pane, run.counts);
    if (run.counted && run.pack.rule !== "choice") store.publish(run.id, { title: run.title, order: pane, ...run.counts });
  }

  function forgetCounts() {
    for (const total of totals) total.stop();
    totals = [];
    for (const pane of content?.runs ?? []) store.withdraw(pane.id);
  }

  function takeDisplay(fromPython) {
    if (!news.display.isNews(fromPython)) return;
    reporter.knows("display", fromPython);
    const { tile_size: tileSize, show_truth: truth, show_predictions: predictions, colour_by: colourBy } = fromPython;
    hidden.clear();
    for (const name of fromPython.hidden) hidden.add(name);
    display = { tileSize, truth, predictions, colourBy, hidden };
    toolbar.show(display);
  }

  function changeDisplay(part) {
    Object.assign(display, part);
    showLook();
    const { tileSize, truth, predictions, colourBy } = display;
    const told = {
      tile_size: tileSize, show_truth: truth, show_predictions: predictions, colour_by: colourBy,
      hidden: [...hidden].sort(),
    };
    reporter.tell("display", told, () => news.display.send(told));
  }

  function showLook() {
    const outcomesAreMeant = asked.head.counted ?? true;
    const colourBy = display.colourBy === "outcome" && !outcomesAreMeant ? "feature" : display.colourBy;
    toolbar.offer(outcomesAreMeant);
    legend.show(colourBy, asked.head.features, hidden, content?.runs[0].pack.rule);
    if (!content) return;
    for (const run of content.runs) run.colourOf = colouring(colourBy, run.colours);
    const look = { display: { ...display }, blank: getComputedStyle(root).getPropertyValue("--blank").trim() };
    grid.setLook(look);
    inspector.setLook(look);
  }

  function select(index) {
    if (index >= 0) grid.goTo(0, index);
    const key = index < 0 ? null : keyAt(content, index);
    reporter.tell("selected", key ?? NONE, () => news.selected.send(key));
  }

  function takeSelected() {
    if (!content || !news.selected.isNews(asked.head.selected)) return;
    const key = asked.head.selected;
    reporter.knows("selected", key ?? NONE);
    const index = key === null ? -1 : indexOf(content, key);
    if (index >= 0) inspector.open(index);
    else inspector.close();
  }

  grid.root.addEventListener("click", (event) => {
    const tile = grid.tileOf(event.target.closest?.(".tile"));
    if (!tile) return;
    grid.goTo(tile.pane, tile.index);
    inspector.open(tile.index);
  });
  grid.root.addEventListener("keydown", (event) => {
    const tile = grid.tileOf(event.target);
    const to = tile && destination(event.key, {
      pane: tile.pane, index: tile.index, columns: grid.columns(), count: content.tiles[0].length,
    });
    if (!to) return;
    event.preventDefault();
    grid.goTo(to.pane, to.index, { focus: true });
  });
  const leave = store.subscribe(follow);

  return {
    update,
    dispose() {
      leave();
      forgetCounts();
      reporter.stop();
      inspector.dispose();
      grid.dispose();
      thumbnails.clear();
      root.remove();
    },
  };
});

function sameNumbers(some, others) {
  return some.length === others.length && some.every((number, place) => number === others[place]);
}
