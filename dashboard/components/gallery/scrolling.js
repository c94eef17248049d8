// Scrolling through more pixels than a browser lets an element have.

// Chromium stops at 33 million pixels, Firefox at 17 million.
export const TALLEST = 12_000_000;
const NATURAL_END = 2_000_000;

/**
 * How a list of `total` pixels is scrolled through an element of at most `tallest`, seen through `view` pixels.
 *
 * Near both ends the two scales are equal, so that the ends are reached exactly; between them they differ by a
 * constant factor. `scrollTop(position)` and `position(scrollTop)` are each other's inverse.
 */
export function createScale({ total, view, tallest = TALLEST }) {
  const height = Math.min(total, tallest);
  const [far, near] = [Math.max(0, total - view), Math.max(0, height - view)];
  const end = Math.min(NATURAL_END, near / 4);
  const factor = far > near ? (far - 2 * end) / (near - 2 * end) : 1;
  return {
    height,
    far,
    isExact: factor === 1,
    position: (scrollTop) => stretch(scrollTop, near, far, factor, end),
    scrollTop: (position) => stretch(position, far, near, 1 / factor, end),
  };
}

function stretch(value, from, to, factor, end) {
  if (factor === 1 || value <= end) return value;
  if (value >= from - end) return to - (from - value);
  return end + (value - end) * factor;
}

/**
 * Where the list stands for an element that is being scrolled.
 *
 * Short movements (wheel, keys, touch) move the list by as many pixels as the element; long ones (dragging the
 * scrollbar) move it on its own scale. `settle()` brings the two back together when nothing moves: it returns the
 * scrollTop that the element must take.
 */
export function createPosition() {
  let scale = createScale({ total: 0, view: 0 });
  let position = 0;
  let last = 0;

  function rescale(measures) {
    scale = createScale(measures);
    position = Math.min(position, scale.far);
    return settle();
  }

  function moved(scrollTop, view) {
    const movement = scrollTop - last;
    last = scrollTop;
    if (scale.isExact) position = scrollTop;
    else if (Math.abs(movement) > 2 * view) position = scale.position(scrollTop);
    else position = Math.min(scale.far, Math.max(0, position + movement));
  }

  function settle() {
    last = scale.isExact ? position : Math.round(scale.scrollTop(position));
    return last;
  }

  function moveTo(wanted) {
    position = Math.min(scale.far, Math.max(0, wanted));
    return settle();
  }

  return {
    rescale, moved, settle, moveTo,
    height: () => scale.height,
    offset: () => last - position, // add it to a place in the list to get the place in the element
    position: () => position,
    isExact: () => scale.isExact,
  };
}
