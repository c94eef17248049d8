// What is drawn over the points: the lasso being drawn, the selected region, a ring round the point at hand.

import { css } from "./colours.js";

export function createOverlay(canvas) {
  const context = canvas.getContext("2d");

  /** Draw {lasso, region, ring} given in CSS pixels; null leaves one out. */
  function draw({ lasso, region, ring, ratio, colours }) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (region) outline(region, colours, 0.07);
    if (lasso) outline(lasso, colours, 0.12, [5, 4]);
    if (ring) circle(ring, colours);
  }

  function outline(corners, colours, strength, dashes = []) {
    context.beginPath();
    corners.forEach(([x, y]) => context.lineTo(x, y));
    context.closePath();
    context.fillStyle = css(colours.primary, strength);
    context.fill("evenodd");
    context.setLineDash(dashes);
    context.lineJoin = "round";
    stroke(css(colours.background, 0.7), 3.5);
    stroke(css(colours.primary), 1.5);
    context.setLineDash([]);
  }

  function circle([x, y, radius], colours) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    stroke(css(colours.background), 4);
    stroke(css(colours.text), 1.75);
  }

  function stroke(style, width) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }

  return { draw };
}
