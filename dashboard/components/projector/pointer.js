// What the pointer and the keys do over the plot.

const CLICK_PIXELS = 4;
const WHEEL_STRENGTH = 0.0016;
const KEY_STEP = 60;

/**
 * Turn events on `surface` into gestures; returns the way out.
 *
 * Gestures: `lassoStart(px, py)`, `lassoMove(px, py)`, `lassoEnd(completed)`, `click(px, py)`, `pan(dx, dy)`,
 * `zoom(factor, px, py)`, `hover(px, py)` (no arguments when the pointer leaves), `fit()`, `escape()`.
 * `tool()` says what a plain drag does; Shift or the middle button pans with any tool.
 */
export function listenToPointer(surface, gestures, tool) {
  let drag = null;

  const position = (event) => {
    const box = surface.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return [Math.min(Math.max(x, 0), box.width), Math.min(Math.max(y, 0), box.height)];
  };

  function down(event) {
    if (drag || event.button > 1) return;
    surface.dataset.focusedBy = "pointer"; // keys work after a click, but a ring is for those who came by keyboard
    surface.focus({ preventScroll: true });
    event.preventDefault();
    surface.setPointerCapture(event.pointerId);
    const at = position(event);
    const pans = event.button === 1 || event.shiftKey || tool() === "pan";
    drag = { start: at, last: at, pans, moved: false };
    surface.classList.toggle("moving", pans);
    gestures.hover();
  }

  function move(event) {
    const at = position(event);
    if (!drag) {
      gestures.hover(...at);
      return;
    }
    if (!drag.moved && Math.hypot(at[0] - drag.start[0], at[1] - drag.start[1]) < CLICK_PIXELS) return;
    if (!drag.moved && !drag.pans) gestures.lassoStart(...drag.start);
    drag.moved = true;
    if (drag.pans) gestures.pan(at[0] - drag.last[0], at[1] - drag.last[1]);
    else gestures.lassoMove(...at);
    drag.last = at;
  }

  function up(event) {
    finish(event.type === "pointerup");
  }

  function finish(completed) {
    if (!drag) return;
    const { start, pans, moved } = drag;
    drag = null;
    surface.classList.remove("moving");
    if (moved && !pans) gestures.lassoEnd(completed);
    else if (!moved && completed) gestures.click(...start);
  }

  function wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const amount = Math.min(Math.max(event.deltaY * lines, -300), 300);
    gestures.zoom(Math.exp(-amount * WHEEL_STRENGTH), ...position(event));
  }

  const keys = {
    Escape: () => (drag ? finish(false) : gestures.escape()),
    "+": () => gestures.zoom(1.4),
    "=": () => gestures.zoom(1.4),
    "-": () => gestures.zoom(1 / 1.4),
    0: () => gestures.fit(),
    ArrowLeft: () => gestures.pan(KEY_STEP, 0),
    ArrowRight: () => gestures.pan(-KEY_STEP, 0),
    ArrowUp: () => gestures.pan(0, KEY_STEP),
    ArrowDown: () => gestures.pan(0, -KEY_STEP),
  };

  function key(event) {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    surface.dataset.focusedBy = "keyboard";
    act();
  }

  const listeners = [
    ["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up],
    ["pointerleave", () => gestures.hover()], ["blur", () => delete surface.dataset.focusedBy], ["wheel", wheel, { passive: false }], ["keydown", key],
  ];
  for (const [name, listener, options] of listeners) surface.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of listeners) surface.removeEventListener(name, listener);
  };
}
