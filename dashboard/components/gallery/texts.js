// A text with its spans: truth underlined solid, prediction dashed, in the colour of their feature.

import { element } from "../elements.js";
import { PREDICTION, TRUTH } from "./colours.js";

const ELLIPSIS = "…";

/**
 * The nodes of a text's first `limit` characters.
 *
 * `shapes` are its spans, `colourOf(kind, feature, outcome)` gives their colours, and those like `emphasised` stand
 * out. `marks`, a Map, is filled with the span that each node stands for.
 */
export function textNodes(text, shapes, { colourOf, limit = Infinity, emphasised = null, marks = new Map() }) {
  marks.clear();
  const end = Math.min(text.length, limit);
  const spans = shapes.filter(({ first }) => first >= 0 && first < end);
  const cuts = [...new Set([0, end, ...spans.flatMap((span) => [span.first, Math.min(span.end, end)])])].sort((a, b) => a - b);
  const nodes = [];
  for (let place = 0; place + 1 < cuts.length; place++) {
    const piece = text.slice(cuts[place], cuts[place + 1]);
    const here = spans.filter((span) => span.first <= cuts[place] && span.end >= cuts[place + 1]);
    nodes.push(here.length ? marked(piece, here, { colourOf, emphasised, marks }) : piece);
  }
  if (end < text.length) nodes.push(ELLIPSIS);
  return nodes;
}

function marked(piece, spans, { colourOf, emphasised, marks }) {
  const node = element("span", { className: "mark", textContent: piece });
  for (const kind of [TRUTH, PREDICTION]) {
    const span = shortest(spans.filter((each) => each.kind === kind));
    if (!span) continue;
    node.classList.add(kind);
    node.style.setProperty(`--${kind}`, colourOf(kind, span.feature, span.outcome));
  }
  const top = shortest(spans);
  marks.set(node, top);
  if (emphasised && spans.some((span) => span.kind === emphasised.kind && span.index === emphasised.index)) {
    node.classList.add("pointed");
  }
  return node;
}

// Of nested spans the inner one; of equal ones the prediction, which has more to tell.
function shortest(spans) {
  return spans.reduce((best, span) => (!best || span.end - span.first <= best.end - best.first ? span : best), null);
}
