// How large and how strong points are drawn, whatever draws them.

export const STRONG = 0.92;
/** Points at least this wide get a rim in the background's colour, so that neighbours stay apart. */
export const RIMMED_FROM = 6;

/** Strength of points outside the selection: less where many lie upon each other. */
export function faint(count) {
  return 0.15 * Math.min(Math.max(Math.sqrt(8000 / Math.max(count, 1)), 0.4), 1);
}

/** Width of a point in CSS pixels: smaller the more there are for the area, larger when zoomed in. */
export function pointSize(count, area, zoom) {
  const roomy = 0.5 * Math.sqrt(area / Math.max(count, 1));
  return Math.min(Math.max(roomy, 2.4), 8.5) * Math.min(Math.max(zoom ** 0.3, 1), 3);
}
