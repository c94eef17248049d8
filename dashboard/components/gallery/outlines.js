// Outlines of boxes out of filled rectangles on whole pixels.
//
// Stroking the same paths takes a browser without graphics hardware four times as long, and looks less crisp.

export const SOLID = "solid";
export const DASHED = "dashed";
export const DOTTED = "dotted";

/** Drawn and left out, in line widths. */
export const DASHES = { [SOLID]: [], [DASHED]: [3, 2.5], [DOTTED]: [1, 2] };
export const SHADE = "rgba(0, 0, 0, 0.3)"; // around lines and dashes, so that they stand out from any picture
const SHADE_WIDTH = 1;

/**
 * Outline boxes in one colour and pattern.
 *
 * `boxes` are [left, top, right, bottom] in pixels of the canvas; lines of `width` pixels run along their edges.
 */
export function outline(context, boxes, { colour, pattern, width }) {
  const layers = [[SHADE, SHADE_WIDTH], [colour, 0]];
  for (const [style, margin] of layers) {
    context.fillStyle = style;
    for (const box of boxes) for (const bar of bars(box, width)) fill(context, bar, { pattern, width, margin });
  }
}

// Four bars, [left, top, width, height], that do not overlap: where translucent bars did, corners would be darker.
function bars([left, top, right, bottom], width) {
  const [x, y] = [Math.round(left - width / 2), Math.round(top - width / 2)];
  const [across, down] = [Math.max(width, Math.round(right - left) + width), Math.max(width, Math.round(bottom - top) + width)];
  const sides = Math.max(0, down - 2 * width);
  return [
    [x, y, across, width],
    [x, y + down - width, across, down > width ? width : 0],
    [x, y + width, width, sides],
    [x + across - width, y + width, across > width ? width : 0, sides],
  ];
}

function fill(context, [left, top, width, height], { pattern, width: lineWidth, margin }) {
  if (width <= 0 || height <= 0) return;
  const grown = [left - margin, top - margin, width + 2 * margin, height + 2 * margin];
  if (pattern === SOLID) context.fillRect(...grown);
  else fillPieces(context, grown, { on: DASHES[pattern][0] * lineWidth + 2 * margin, off: DASHES[pattern][1] * lineWidth - 2 * margin });
}

function fillPieces(context, [left, top, width, height], { on, off }) {
  const lies = width >= height;
  const [start, length, seen] = lies ? [left, width, context.canvas.width] : [top, height, context.canvas.height];
  const period = on + off;
  const skipped = Math.max(0, Math.floor(-start / period)) * period; // a deep zoom leaves most of a line out of sight
  for (let at = skipped; at < length && start + at < seen; at += period) {
    const from = Math.round(start + at);
    const piece = Math.round(Math.min(at + on, length) + start) - from;
    if (lies) context.fillRect(from, top, piece, height);
    else context.fillRect(left, from, width, piece);
  }
}
