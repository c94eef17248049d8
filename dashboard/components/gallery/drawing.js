// Drawing one row: its picture, truth with solid and predictions with dashed lines.

import { PREDICTION } from "./colours.js";
import { DASHED, DASHES, DOTTED, outline, SHADE, SOLID } from "./outlines.js";
import { FULL } from "./pack.js";

const FILL_OPACITY = 0.2;
const RIM = 0.75; // of the width of a box's line: rims are longer, and would hide small things

/** Make a canvas `width` x `height` CSS pixels at the screen's own resolution; returns its cleared context. */
export function fitCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [realWidth, realHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== realWidth || canvas.height !== realHeight) {
    canvas.width = realWidth;
    canvas.height = realHeight;
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, realWidth, realHeight);
  return context;
}

/**
 * Draw the picture into `place` ({left, top, width, height} in CSS pixels).
 *
 * Without a bitmap the place is filled with the neutral `blank` colour.
 */
export function drawPicture(context, bitmap, place, blank) {
  const { left, top, width, height } = onScreen(place);
  if (bitmap) {
    context.drawImage(bitmap, left, top, width, height);
    return;
  }
  context.fillStyle = blank;
  context.fillRect(left, top, width, height);
}

/**
 * Draw shapes over the picture in `place`; `colourOf(kind, feature, outcome)` gives their colours.
 *
 * A shape with rings (an outline, a mask) is a translucent area with a rim, any other the outline of its box.
 */
export function drawShapes(context, shapes, place, { colourOf, lineWidth, emphasised = null }) {
  const screen = onScreen(place);
  const width = Math.max(1, Math.round(lineWidth * screen.ratio));
  const groups = grouped(shapes, colourOf);
  for (const group of groups) drawAreas(context, group, screen, RIM * width);
  for (const group of groups) outlineGroup(context, group, screen, width);
  if (!emphasised) return;
  const [alone] = grouped([emphasised], colourOf);
  drawAreas(context, alone, screen, 2 * RIM * width);
  outlineGroup(context, alone, screen, 2 * width);
}

function onScreen({ left, top, width, height }) {
  const ratio = globalThis.devicePixelRatio || 1;
  return { left: left * ratio, top: top * ratio, width: width * ratio, height: height * ratio, ratio };
}

// Shapes that look alike are drawn together: setting a colour costs more than drawing in it.
function grouped(shapes, colourOf) {
  const groups = new Map();
  for (const shape of shapes) {
    const { colour, pattern } = look(shape, colourOf);
    const name = colour + pattern;
    if (!groups.has(name)) groups.set(name, { colour, pattern, shapes: [] });
    groups.get(name).shapes.push(shape);
  }
  return [...groups.values()];
}

function look(shape, colourOf) {
  const pattern = shape.crowd ? DOTTED : shape.kind === PREDICTION ? DASHED : SOLID;
  return { colour: colourOf(shape.kind, shape.feature, shape.outcome), pattern };
}

function outlineGroup(context, { colour, pattern, shapes }, { left, top, width: across, height: down }, width) {
  const boxes = shapes.filter((shape) => shape.rings.length === 0).map((shape) => [
    left + shape.left * across, top + shape.top * down, left + shape.right * across, top + shape.bottom * down,
  ]);
  outline(context, boxes, { colour, pattern, width });
}

function drawAreas(context, { colour, pattern, shapes }, screen, width) {
  const areas = shapes.filter((shape) => shape.rings.length > 0);
  if (!areas.length) return;
  const rims = new Path2D();
  context.fillStyle = colour;
  context.globalAlpha = FILL_OPACITY;
  for (const { rings } of areas) {
    const area = new Path2D();
    for (const ring of rings) traceRing(area, ring, screen);
    context.fill(area, "evenodd");
    rims.addPath(area);
  }
  context.globalAlpha = 1;
  context.lineJoin = "round";
  context.setLineDash(DASHES[pattern].map((length) => length * width));
  context.strokeStyle = SHADE;
  context.lineWidth = width + 2;
  context.stroke(rims);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(rims);
}

function traceRing(path, ring, { left, top, width, height }) {
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [left + (ring[i] / FULL) * width, top + (ring[i + 1] / FULL) * height];
    if (i === 0) path.moveTo(x, y); // else a line would lead here from the ring before
    else path.lineTo(x, y);
  }
  path.closePath();
}
