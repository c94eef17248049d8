// Draws points with WebGL 2.

import { faint, RIMMED_FROM, STRONG } from "./points.js";

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in uint kind;
layout(location = 2) in uint chosen;
uniform vec4 view;
uniform float size;
uniform uint wanted;
uniform float strength;
uniform sampler2D colours;
out vec4 colour;
void main() {
  colour = texelFetch(colours, ivec2(kind, 0), 0);
  bool drawn = colour.a > 0.0 && chosen == wanted;
  gl_Position = drawn ? vec4(place * view.xy + view.zw, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
  colour.a = strength;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
uniform float width;
uniform float rim;
uniform vec3 background;
out vec4 painted;
void main() {
  float inward = width * (0.5 - length(gl_PointCoord - 0.5));
  float alpha = colour.a * clamp(inward, 0.0, 1.0);
  vec3 mixed = mix(background, colour.rgb, clamp(inward - rim + 1.0, 0.0, 1.0));
  painted = vec4(mixed * alpha, alpha);
}`;

/** A drawer on the canvas, or null where there is no WebGL 2. */
export function createWebglDrawer(canvas, onRestored) {
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true, alpha: true });
  if (!gl) return null;
  let parts = null;
  let latest = null;
  const prepare = () => {
    parts = createParts(gl);
  };
  const lost = (event) => event.preventDefault();
  const restored = () => {
    prepare();
    if (latest) upload();
    onRestored();
  };
  canvas.addEventListener("webglcontextlost", lost);
  canvas.addEventListener("webglcontextrestored", restored);
  prepare();

  function upload() {
    fill(gl, parts.places, latest.points.xy);
    fill(gl, parts.kinds, latest.points.classes);
    uploadChoice();
  }

  function uploadChoice() {
    fill(gl, parts.chosen, latest.chosen);
    gl.bindTexture(gl.TEXTURE_2D, parts.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, latest.colours);
  }

  return {
    kind: "webgl",
    /** Take {points, chosen: Uint8Array, colours: 256 x RGBA}; alpha 0 hides a class. */
    load(scene) {
      const samePoints = scene.points === latest?.points;
      latest = scene;
      if (samePoints) uploadChoice();
      else upload();
    },
    draw({ view, size, ratio, background, dimmed }) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (!latest || gl.isContextLost()) return;
      const { uniforms } = parts;
      gl.useProgram(parts.program);
      gl.uniform4fv(uniforms.view, view);
      gl.uniform1f(uniforms.size, size * ratio);
      gl.uniform1f(uniforms.width, size * ratio);
      gl.uniform1f(uniforms.rim, size >= RIMMED_FROM ? ratio : 0);
      gl.uniform3fv(uniforms.background, background.map((channel) => channel / 255));
      for (const [wanted, strength] of [[0, dimmed ? faint(latest.points.count) : STRONG], [1, STRONG]]) {
        gl.uniform1ui(uniforms.wanted, wanted);
        gl.uniform1f(uniforms.strength, strength);
        gl.drawArrays(gl.POINTS, 0, latest.points.count);
      }
    },
    dispose() {
      canvas.removeEventListener("webglcontextlost", lost);
      canvas.removeEventListener("webglcontextrestored", restored);
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function createParts(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`WebGL: ${gl.getProgramInfoLog(program)}`);
  }
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const [places, kinds, chosen] = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];
  gl.bindBuffer(gl.ARRAY_BUFFER, places);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  for (const [location, buffer] of [[1, kinds], [2, chosen]]) {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, 0, 0);
  }
  for (const location of [0, 1, 2]) gl.enableVertexAttribArray(location);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  }
  const names = ["view", "size", "width", "rim", "background", "wanted", "strength"];
  const uniforms = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, places, kinds, chosen, texture, uniforms };
}

function fill(gl, buffer, values) {
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
}
