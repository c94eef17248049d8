// One zoom and place for all panes of the inspector.

const LARGEST = 24;
const WHEEL_SPEED = 0.0015;

/**
 * The shared view: `scale` 1 fits the picture; `x`, `y` are the fraction of the picture in the middle of the pane.
 *
 * `applied(place)` turns the fitted place of a picture into the place where it is drawn.
 */
export function createView(onChange) {
  const view = { scale: 1, x: 0.5, y: 0.5 };

  function set(scale, x, y) {
    view.scale = Math.min(LARGEST, Math.max(1, scale));
    const half = 0.5 / view.scale; // no further than the picture's edge at the pane's edge
    view.x = Math.min(1 - half, Math.max(half, x));
    view.y = Math.min(1 - half, Math.max(half, y));
    onChange();
  }

  function applied(place) {
    const [width, height] = [place.width * view.scale, place.height * view.scale];
    return {
      left: place.left + place.width / 2 - view.x * width,
      top: place.top + place.height / 2 - view.y * height,
      width, height,
    };
  }

  /** Zoom by a factor and keep the fraction (x, y) of the picture under the pointer. */
  function zoomAt(factor, x, y) {
    const scale = Math.min(LARGEST, Math.max(1, view.scale * factor));
    const keep = view.scale / scale;
    set(scale, x + (view.x - x) * keep, y + (view.y - y) * keep);
  }

  return {
    applied, zoomAt,
    zoom: (factor) => zoomAt(factor, view.x, view.y),
    pan: (x, y) => set(view.scale, view.x + x, view.y + y),
    reset: () => set(1, 0.5, 0.5),
    isFitted: () => view.scale === 1,
  };
}

/** Let wheel and drag on a canvas move the view; `placeOf()` is where its picture is drawn now. */
export function steer(canvas, view, placeOf) {
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = fractionAt(canvas, placeOf(), event);
    view.zoomAt(Math.exp(-event.deltaY * WHEEL_SPEED), x, y);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const { width, height } = placeOf();
    view.pan(-event.movementX / width, -event.movementY / height);
  });
  canvas.addEventListener("dblclick", () => view.reset());
}

/** The fraction of the picture, drawn in `place` of the canvas, that an event points at. */
export function fractionAt(canvas, place, event) {
  const frame = canvas.getBoundingClientRect();
  return {
    x: (event.clientX - frame.left - place.left) / place.width,
    y: (event.clientY - frame.top - place.top) / place.height,
  };
}
