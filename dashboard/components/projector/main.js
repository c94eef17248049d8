// The projector: embeddings as points of a plane, from which the reader selects rows.

import { counted, element, grouped } from "../elements.js";
import { component, newsOnly } from "../mounting.js";
import { icon } from "./icons.js";
import { createLegend } from "./legend.js";
import { readPack } from "./pack.js";
import { createPlot } from "./plot.js";
import { createTip } from "./tip.js";
import { createToolbar } from "./toolbar.js";

const PATIENCE_MILLISECONDS = 2500;

export default component((place) => {
  const news = newsOnly();
  let call = null;
  let points = null;
  let classes = [];
  let polygon = null;
  let address = null;
  let loading = null;

  const tip = createTip();
  const legend = createLegend({ onChange: hide });
  const plot = createPlot({ onSelect: choose, onHover: showTip });
  const toolbar = createToolbar({ onTool: plot.setTool, onView: plot.changeView });
  const count = element("span", { className: "count" });
  const clear = element("button", { type: "button", className: "clear", onclick: () => choose(null) }, [
    icon("clear"), "Clear",
  ]);
  const status = element("div", { className: "status", role: "status" }, [count, clear]);
  const message = element("div", { className: "message" });
  const frame = element("div", { className: "frame" }, [plot.root, toolbar.root, status, tip.root, message]);
  const hint = element("p", { className: "hint" });
  const layout = element("div", { className: "layout" }, [frame, legend.root, hint]);
  const root = element("div", { className: "projector" }, [layout]);
  place.append(root);

  function update(newCall) {
    call = newCall;
    root.style.setProperty("--height", `${call.data.height}px`);
    plot.readTheme();
    const isNews = news.isNews(call.data.selection);
    if (isNews) polygon = call.data.selection;
    const scene = JSON.stringify([call.data.points_url, call.data.classes, call.data.colour_by, call.data.square]);
    if (scene !== address) {
      address = scene;
      load();
    } else if (points && isNews) {
      showSelection();
    }
  }

  async function load() {
    loading?.abort();
    if (!call.data.points_url) {
      points = null;
      showState("empty", call.data.empty);
      return;
    }
    const own = (loading = new AbortController());
    root.setAttribute("aria-busy", "true");
    if (root.dataset.state !== "ready") showState("loading", "Loading points …");
    const patience = setTimeout(() => showState("loading", call.data.waiting), PATIENCE_MILLISECONDS);
    try {
      const answer = await fetch(call.data.points_url, { signal: own.signal });
      if (!answer.ok) throw new Error((await answer.text()).slice(0, 300) || `The server answered ${answer.status}.`);
      const pack = readPack(await answer.arrayBuffer());
      if (!own.signal.aborted) show(pack);
    } catch (error) {
      if (!own.signal.aborted) showFailure(error);
    } finally {
      clearTimeout(patience);
      if (own === loading) root.removeAttribute("aria-busy");
    }
  }

  function show(pack) {
    points = pack;
    classes = call.data.classes;
    if (!points.count) {
      showState("empty", "There are no rows to show here.");
      return;
    }
    plot.load(points, { colours: classes.map(([, colour]) => colour), square: call.data.square });
    legend.show({ heading: call.data.colour_by, classes, counts: countClasses(null) });
    plot.hide(legend.hidden);
    plot.root.setAttribute("aria-label", `Plot of ${counted(points.count, "row")}. Drag to select; Escape clears.`);
    hint.textContent = "Drag around points or click one to select · Shift + drag pans · wheel zooms · Esc clears";
    root.dataset.drawnBy = plot.drawnBy;
    showState("ready", "");
    showSelection();
  }

  function showState(state, text) {
    root.dataset.state = state;
    message.replaceChildren(element("p", { textContent: text }));
  }

  function showFailure(error) {
    const reason = error instanceof TypeError ? "The server could not be reached." : error.message;
    showState("failed", `The points could not be loaded. ${reason}`);
    message.append(element("button", { type: "button", textContent: "Try again", onclick: load }));
  }

  function choose(newPolygon) {
    polygon = newPolygon;
    const selected = showSelection();
    news.send(polygon);
    // A trigger, not a state: the same region selected again after Python cleared it must be heard of again.
    call.setTriggerValue("selection", { polygon, count: selected });
  }

  function showSelection() {
    const chosen = plot.select(polygon);
    const selected = chosen ? chosen.reduce((sum, one) => sum + one, 0) : points.count;
    legend.showSelected(chosen && countClasses(chosen));
    count.textContent = sayCount(chosen, selected);
    clear.hidden = !chosen;
    return selected;
  }

  function sayCount(chosen, selected) {
    const all = counted(points.count, "row");
    const hidden = legend.hidden.size ? countHidden(chosen) : 0;
    return `${chosen ? `${grouped(selected)} of ${all} selected` : all}${hidden ? ` (${grouped(hidden)} hidden)` : ""}`;
  }

  function hide(hidden) {
    plot.hide(hidden);
    showSelection();
  }

  function countClasses(chosen) {
    const counts = new Uint32Array(256);
    for (let i = 0; i < points.count; i++) if (!chosen || chosen[i]) counts[points.classes[i]]++;
    return counts;
  }

  function countHidden(chosen) {
    const counts = countClasses(chosen);
    return [...legend.hidden].reduce((sum, kind) => sum + counts[kind], 0);
  }

  function showTip(near) {
    if (!near) {
      tip.hide();
      return;
    }
    const [name, colour] = classes[points.classes[near.index]] ?? ["", ""];
    tip.show({ text: points.key(near.index), name, colour, x: near.x, y: near.y });
  }

  return {
    update,
    dispose() {
      loading?.abort();
      plot.dispose();
      root.remove();
    },
  };
});
