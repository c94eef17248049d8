// What a run said of a row's question, beside the truth: the line below a tile.

import { element } from "../elements.js";
import { describeOutcome, PREDICTION, TRUTH } from "./colours.js";
import { decimals } from "./describing.js";
import { FOUND, LEFT_OUT, MISSED, UNCOUNTED } from "./matching.js";
import { LEVELS } from "./pack.js";

/**
 * The answers of a row to the question that is measured, as far as they are to be seen.
 *
 * A list of `{outcome, truth, said, confidence}`: one for a radio; for a checklist one for each option that is true or
 * ticked, what needs looking at first. `truth` and `said` are features, -1 where there is none or it is switched off.
 */
export function verdictsOf(run, row, display) {
  const { pack } = run;
  if (!pack.question) return [];
  const matches = run.outcomes.matched(row);
  const truths = listed(pack.truth, row, pack).map((index) => seen(TRUTH, index, matches.truthOutcome[index]));
  const said = listed(pack.predictions, row, pack)
    .map((index) => seen(PREDICTION, index, matches.predictionOutcome[index]))
    .filter(({ outcome }) => outcome !== LEFT_OUT);
  const found = pack.question.several ? ticks(truths, said) : choice(truths, said);
  return found.filter(({ truth, said }) => truth >= 0 || said >= 0);

  function seen(kind, index, outcome) {
    const table = kind === TRUTH ? pack.truth : pack.predictions;
    const isOn = (kind === TRUTH ? display.truth : display.predictions) && !display.hidden.has(pack.features[table.feature[index]]);
    const confidence = kind === PREDICTION && isOn ? table.confidence[index] / LEVELS : NaN;
    return { feature: table.feature[index], shown: isOn ? table.feature[index] : -1, outcome, confidence };
  }
}

function listed(table, row, pack) {
  const found = [];
  for (let index = table.start[row]; index < table.start[row + 1]; index++) {
    if (pack.isMeasured(table.feature[index])) found.push(index);
  }
  return found;
}

function choice([truth], [said]) {
  if (!truth && !said) return [];
  return [{
    outcome: said?.outcome ?? (truth.outcome === UNCOUNTED ? UNCOUNTED : MISSED),
    truth: truth?.shown ?? -1, said: said?.shown ?? -1, confidence: said?.confidence ?? NaN, isSilent: !said,
  }];
}

function ticks(truths, said) {
  const alone = truths.filter(({ feature }) => !said.some((other) => other.feature === feature));
  const lines = [
    ...alone.map(({ outcome, shown }) => ({ outcome, truth: shown, said: -1, confidence: NaN })),
    ...said.map(({ outcome, shown, confidence, feature }) => ({
      outcome, truth: truths.find((truth) => truth.feature === feature)?.shown ?? -1, said: shown, confidence,
    })),
  ];
  return lines.sort((one, other) => (one.outcome === FOUND) - (other.outcome === FOUND));
}

/** The lines of a tile for verdicts; colours of options are those of `run.colourOf`. */
export function verdictNodes(run, verdicts) {
  if (!verdicts.length) return [element("span", { className: "nothing", textContent: nothing(run) })];
  return verdicts.map(({ outcome, truth, said, confidence, isSilent }) => {
    const { sign, colour } = describeOutcome(outcome, run.pack.rule);
    const isOne = truth < 0 || said < 0 || truth === said;
    const mark = element("span", { className: "sign", textContent: sign });
    mark.style.setProperty("--sign", colour);
    return element("span", { className: "verdict" }, [
      mark,
      truth >= 0 && !(isOne && said >= 0) ? option(run, TRUTH, { feature: truth, outcome }) : null,
      isOne && !isSilent ? null : element("span", { className: "arrow", textContent: "→" }),
      said >= 0 ? option(run, truth === said ? TRUTH : PREDICTION, { feature: said, outcome }) : null,
      isSilent ? element("span", { className: "faded", textContent: "no answer" }) : null,
      Number.isFinite(confidence) ? element("span", { className: "faded", textContent: decimals(confidence) }) : null,
    ]);
  });
}

/** An option's name behind a square of its colour: filled where it is true, hollow where it is only said. */
export function option(run, kind, { feature, outcome }) {
  const square = element("span", { className: `square ${kind}`, "aria-hidden": "true" });
  square.style.color = run.colourOf(kind, feature, outcome);
  return element("span", { className: "option" }, [square, run.pack.labels[feature]]);
}

/** "wrong: truth 7, said 1 (0.63)" and the like. */
export function verdictsInWords(run, verdicts) {
  if (!verdicts.length) return nothing(run);
  return verdicts.map(({ outcome, truth, said, confidence }) => {
    const parts = [
      truth >= 0 ? `truth ${run.pack.labels[truth]}` : null,
      said >= 0 ? `said ${run.pack.labels[said]}${Number.isFinite(confidence) ? ` (${decimals(confidence)})` : ""}` : null,
    ];
    return `${describeOutcome(outcome, run.pack.rule).name}: ${parts.filter(Boolean).join(", ")}`;
  }).join("; ");
}

function nothing({ pack }) {
  return pack.question?.several ? "nothing ticked" : "no answer";
}

/** Whether two lists of verdicts look alike. */
export function areSameVerdicts(some, others) {
  return some.length === others.length && some.every((one, place) => {
    const other = others[place];
    return one.outcome === other.outcome && one.truth === other.truth && one.said === other.said;
  });
}
