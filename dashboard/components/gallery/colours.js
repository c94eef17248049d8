// What a shape's colour says: its feature, its outcome, or where it comes from.

import { FALSE_ALARM, FOUND, MISSED, UNCOUNTED } from "./matching.js";

export const TRUTH = "truth";
export const PREDICTION = "prediction";

/** The outcomes in the order in which they are listed, with word, sign and the colour of dashboard/theme.py. */
export const OUTCOMES = [
  { outcome: FOUND, name: "found", many: "found", sign: "✓", colour: "#1a9e77" },
  { outcome: FALSE_ALARM, name: "false alarm", many: "false alarms", sign: "✕", colour: "#e0503a" },
  { outcome: MISSED, name: "missed", many: "missed", sign: "○", colour: "#a56bd0" },
  { outcome: UNCOUNTED, name: "not counted", many: "not counted", sign: "–", colour: "#8a94a6" },
];
/** The outcomes that are counted, with the name of their count. */
export const COUNTED = [[FOUND, "found"], [FALSE_ALARM, "falseAlarms"], [MISSED, "missed"]];
// What the same outcomes are called where a row has one answer.
const OF_CHOICES = new Map([
  [FOUND, { name: "right", many: "right" }],
  [FALSE_ALARM, { name: "wrong", many: "wrong" }],
  [MISSED, { name: "unanswered", many: "unanswered" }],
]);
const BY_OUTCOME = new Map(OUTCOMES.map((entry) => [entry.outcome, entry]));
const SOURCES = { [TRUTH]: "#1fb141", [PREDICTION]: "#f0323c" };
const UNKNOWN = "#8a94a6";

/** Word, sign and colour of one outcome by the rule of a pack. */
export function describeOutcome(outcome, rule) {
  const entry = BY_OUTCOME.get(outcome);
  return rule === "choice" ? { ...entry, ...OF_CHOICES.get(outcome) } : entry;
}

/** Colour of each of a pack's feature codes, from the gallery's `[name, colour]` list. */
export function featureColours(pack, features) {
  const named = new Map(features);
  return pack.features.map((name) => named.get(name) ?? UNKNOWN);
}

/**
 * `(kind, feature, outcome) -> colour` for one way of colouring: "feature", "outcome" or "source".
 */
export function colouring(way, colours) {
  if (way === "source") return (kind) => SOURCES[kind];
  if (way === "outcome") return (kind, feature, outcome) => BY_OUTCOME.get(outcome)?.colour ?? UNKNOWN;
  return (kind, feature) => colours[feature] ?? UNKNOWN;
}

/** What the legend shows for one way of colouring: a list of `{name, label, colour}`. */
export function legendEntries(way, features, rule) {
  if (way === "source") return Object.entries(SOURCES).map(([name, colour]) => ({ name, label: name, colour }));
  if (way === "outcome") return OUTCOMES.map(({ outcome }) => describeOutcome(outcome, rule)).map(({ name, colour }) => ({ name, label: name, colour }));
  return features.map(([name, colour, label]) => ({ name, label: label ?? name, colour })).filter(({ label }) => label);
}
