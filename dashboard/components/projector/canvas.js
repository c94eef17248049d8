// Draws points on a plain canvas where WebGL 2 is missing: slower, the same picture.

import { css } from "./colours.js";
import { faint, RIMMED_FROM, STRONG } from "./points.js";

export function createCanvasDrawer(canvas) {
  const context = canvas.getContext("2d");
  let scene = null;
  return {
    kind: "canvas",
    load(newScene) {
      scene = newScene;
    },
    draw({ view, size, ratio, background, dimmed }) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      if (!scene) return;
      const stamps = new Map();
      for (const [wanted, strength] of [[0, dimmed ? faint(scene.points.count) : STRONG], [1, STRONG]]) {
        context.globalAlpha = strength;
        drawPoints(wanted, (kind) => {
          if (!stamps.has(kind)) stamps.set(kind, stamp(scene.colours, kind, size * ratio, ratio, background));
          return stamps.get(kind);
        }, view);
      }
    },
    dispose() {},
  };

  function drawPoints(wanted, stampOf, [fx, fy, ox, oy]) {
    const { xy, classes, count } = scene.points;
    const [halfWidth, halfHeight] = [canvas.width / 2, canvas.height / 2];
    for (let i = 0; i < count; i++) {
      if (scene.chosen[i] !== wanted || !scene.colours[4 * classes[i] + 3]) continue;
      const image = stampOf(classes[i]);
      const x = (xy[2 * i] * fx + ox + 1) * halfWidth;
      const y = (1 - xy[2 * i + 1] * fy - oy) * halfHeight;
      context.drawImage(image, x - image.width / 2, y - image.height / 2);
    }
  }
}

function stamp(colours, kind, size, ratio, background) {
  const made = document.createElement("canvas");
  made.width = made.height = Math.ceil(size) + 2;
  const context = made.getContext("2d");
  const disc = (colour, radius) => {
    context.fillStyle = css(colour);
    context.beginPath();
    context.arc(made.width / 2, made.height / 2, radius, 0, 2 * Math.PI);
    context.fill();
  };
  const rim = size / ratio >= RIMMED_FROM ? ratio : 0;
  if (rim) disc(background, size / 2);
  disc([...colours.subarray(4 * kind, 4 * kind + 3)], size / 2 - rim);
  return made;
}
