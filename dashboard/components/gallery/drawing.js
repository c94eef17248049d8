// Drawing one row: its picture, truth with solid and predictions with dashed lines.

import { PREDICTION } from "./colours.js";
import { FULL } from "./pack.js";

const DASH = [5, 3];
const CROWD_DASH = [1, 3];
const HALO = "rgba(0, 0, 0, 0.4)"; // lines stay visible on any picture
const FILL_OPACITY = 0.16;

/**
 * Draw the picture into `place` ({left, top, width, height} in CSS pixels of the context).
 *
 * Without a bitmap the place is filled with the neutral `blank` colour.
 */
export function drawPicture(context, bitmap, place, blank) {
  if (bitmap) {
    context.drawImage(bitmap, place.left, place.top, place.width, place.height);
    return;
  }
  context.fillStyle = blank;
  context.fillRect(place.left, place.top, place.width, place.height);
}

/** Draw shapes over the picture in `place`; `colourOf(kind, feature, outcome)` gives their colours. */
export function drawShapes(context, shapes, place, { colourOf, lineWidth = 1.5, emphasised = null }) {
  const groups = grouped(shapes, colourOf);
  context.lineJoin = "round";
  for (const group of groups) drawRings(context, group, place);
  for (const group of groups) strokeGroup(context, group, place, lineWidth);
  if (emphasised) strokeGroup(context, { ...look(emphasised, colourOf), shapes: [emphasised] }, place, lineWidth * 2.2);
}

// One path per look instead of one per shape: stroking is what takes the time.
function grouped(shapes, colourOf) {
  const groups = new Map();
  for (const shape of shapes) {
    const { name, colour, dash } = look(shape, colourOf);
    if (!groups.has(name)) groups.set(name, { colour, dash, shapes: [] });
    groups.get(name).shapes.push(shape);
  }
  return [...groups.values()];
}

function look(shape, colourOf) {
  const colour = colourOf(shape.kind, shape.feature, shape.outcome);
  const dash = shape.crowd ? CROWD_DASH : shape.kind === PREDICTION ? DASH : [];
  return { name: `${colour} ${dash}`, colour, dash };
}

function strokeGroup(context, { colour, dash, shapes }, place, lineWidth) {
  const path = new Path2D();
  for (const shape of shapes) {
    path.rect(
      place.left + shape.left * place.width,
      place.top + shape.top * place.height,
      (shape.right - shape.left) * place.width,
      (shape.bottom - shape.top) * place.height,
    );
  }
  const scaled = dash.map((length) => length * Math.max(1, lineWidth / 1.5));
  strokePath(context, path, { colour: HALO, dash: scaled, width: lineWidth + 1.2 });
  strokePath(context, path, { colour, dash: scaled, width: lineWidth });
}

function drawRings(context, { colour, dash, shapes }, place) {
  const outlines = new Path2D();
  context.globalAlpha = FILL_OPACITY;
  context.fillStyle = colour;
  for (const shape of shapes) {
    if (!shape.rings.length) continue;
    const path = new Path2D();
    for (const ring of shape.rings) traceRing(path, ring, place);
    context.fill(path, "evenodd");
    outlines.addPath(path);
  }
  context.globalAlpha = 0.9;
  strokePath(context, outlines, { colour, dash, width: 1 });
  context.globalAlpha = 1;
}

function strokePath(context, path, { colour, dash, width }) {
  context.setLineDash(dash);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
  context.setLineDash([]);
}

function traceRing(path, ring, place) {
  for (let i = 0; i < ring.length; i += 2) {
    const x = place.left + (ring[i] / FULL) * place.width;
    const y = place.top + (ring[i + 1] / FULL) * place.height;
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  path.closePath();
}

/** Make a canvas `width` x `height` CSS pixels at the screen's own resolution; returns its cleared context. */
export function fitCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [realWidth, realHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== realWidth || canvas.height !== realHeight) {
    canvas.width = realWidth;
    canvas.height = realHeight;
  }
  const context = canvas.getContext("2d");
  context.setTransform(realWidth / width, 0, 0, realHeight / height, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
