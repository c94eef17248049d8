// Everything a run said of a row's questions, in the inspector: options by falling confidence, the truth marked.

import { element } from "../elements.js";
import { PREDICTION, TRUTH } from "./colours.js";
import { decimals, outcomeLabel } from "./describing.js";
import { LEFT_OUT, UNCOUNTED } from "./matching.js";
import { LEVELS } from "./pack.js";
import { option } from "./verdicts.js";

const HEADS = ["Option", "Confidence", ""];
const MOST = 20; // of a thousand classes the first few tell the story

/** Tables of answers: `show(run, row, display)` fills them, one for each question that anything is said of. */
export function createAnswers() {
  const root = element("div", { className: "answers" });

  function show(run, row, display) {
    const { questions: all, question: measured } = run.pack;
    const questions = row < 0 ? [] : [...all].sort((one, other) => (other === measured) - (one === measured));
    root.replaceChildren(...questions.flatMap((question) => questionNodes(run, question, linesOf(run, row, question, display))));
    root.hidden = root.childElementCount === 0;
  }

  return { root, show };
}

/** The options of a question that are true or said, the surest first: `{feature, confidence, outcome, isTrue}`. */
export function linesOf(run, row, question, display) {
  const { pack, outcomes } = run;
  const matches = outcomes.matched(row);
  const isMeant = (feature) => question.options.includes(feature) && !display.hidden.has(pack.features[feature]);
  const truths = display.truth ? numbers(pack.truth, row).filter((index) => isMeant(pack.truth.feature[index])) : [];
  const said = display.predictions ? numbers(pack.predictions, row).filter((index) => isMeant(pack.predictions.feature[index])) : [];
  const isTrue = (feature) => truths.some((index) => pack.truth.feature[index] === feature);
  const lines = said.map((index) => ({
    feature: pack.predictions.feature[index], confidence: pack.predictions.confidence[index] / LEVELS,
    outcome: matches.predictionOutcome[index], isTrue: isTrue(pack.predictions.feature[index]),
  }));
  for (const index of truths) {
    const line = lines.find(({ feature }) => feature === pack.truth.feature[index]);
    if (!line) lines.push({ feature: pack.truth.feature[index], confidence: NaN, outcome: matches.truthOutcome[index], isTrue: true });
    else if (line.outcome === LEFT_OUT && question.several) line.outcome = matches.truthOutcome[index];
  }
  return lines;
}

function questionNodes(run, question, lines) {
  if (!lines.length) return [];
  const shown = lines.filter((line, place) => place < MOST || line.isTrue);
  const isMeasured = run.pack.question === question;
  const table = element("table", { className: "objects", "aria-label": `Answers to ${question.name}` }, [
    element("thead", {}, [element("tr", {}, [isMeasured ? "Outcome" : "", ...HEADS].map((textContent) => element("th", { textContent, scope: "col" })))]),
    element("tbody", {}, shown.map((line) => lineNode(run, line, isMeasured && saysOutcome(question, line)))),
  ]);
  const rest = lines.length - shown.length;
  return [
    element("h3", { textContent: question.name }), table,
    rest ? element("p", { className: "none", textContent: `${rest} less sure options are left out.` }) : null,
  ].filter(Boolean);
}

// Of a radio only the choice is right or wrong; of a checklist each option that is true or ticked.
function saysOutcome(question, { outcome, confidence, isTrue }) {
  if (outcome === LEFT_OUT || outcome === UNCOUNTED) return false;
  return question.several || Number.isFinite(confidence) || !isTrue;
}

function lineNode(run, { feature, confidence, outcome, isTrue }, hasOutcome) {
  const kind = isTrue ? TRUTH : PREDICTION;
  return element("tr", {}, [
    element("td", {}, [hasOutcome ? outcomeLabel({ outcome }, run.pack.rule) : ""]),
    element("td", {}, [
      option(run, kind, { feature, outcome }), isTrue ? element("span", { className: "faded", textContent: " · truth" }) : null,
    ]),
    element("td", { className: "number", textContent: decimals(confidence) }),
    element("td", {}, [Number.isFinite(confidence) ? bar(confidence) : null]),
  ]);
}

function bar(confidence) {
  const filled = element("span");
  filled.style.width = `${confidence * 100}%`;
  return element("span", { className: "sure", "aria-hidden": "true" }, [filled]);
}

function numbers(table, row) {
  return Array.from({ length: table.start[row + 1] - table.start[row] }, (_, place) => table.start[row] + place);
}
