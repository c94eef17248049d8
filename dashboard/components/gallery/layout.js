// Where tiles stand: panes side by side, each with the same grid.

export const PANE_GAP = 20;
export const GAP = 8;
export const CAPTION = 38;

/**
 * The grid for `count` tiles in each of `panes` panes of a gallery `width` pixels wide.
 *
 * As many columns as bring tiles closest to `tileSize`; they share the width of the pane evenly.
 * `aspect` is width divided by height of the picture area.
 */
export function arrange({ width, panes, count, tileSize, aspect }) {
  const paneWidth = Math.max(60, (width - (panes - 1) * PANE_GAP) / panes);
  const columns = Math.max(1, Math.round((paneWidth + GAP) / (tileSize + GAP)));
  const tileWidth = Math.floor((paneWidth - (columns - 1) * GAP) / columns);
  const pictureHeight = Math.round(tileWidth / aspect);
  const lines = Math.ceil(count / columns);
  const lineHeight = pictureHeight + CAPTION + GAP;
  return {
    columns, tileWidth, pictureHeight, lines, lineHeight, paneWidth,
    tileHeight: pictureHeight + CAPTION,
    height: Math.max(0, lines * lineHeight - GAP),
    left: (pane, tile) => Math.round(pane * (paneWidth + PANE_GAP) + (tile % columns) * (tileWidth + GAP)),
    top: (tile) => Math.floor(tile / columns) * lineHeight,
  };
}

/** First and one past the last tile that `view` pixels from `position` on touch, with `spare` lines either side. */
export function tilesInSight(grid, { position, view, count, spare }) {
  const firstLine = Math.max(0, Math.floor(position / grid.lineHeight) - spare);
  const endLine = Math.min(grid.lines, Math.ceil((position + view) / grid.lineHeight) + spare);
  return [Math.min(count, firstLine * grid.columns), Math.min(count, endLine * grid.columns)];
}

const LOOKED_AT = 1000;
const TALL = 0.6;
const OF_TEXT = 1.5;
const WIDE = 1.8;

/** The shape of the picture area that fits most pictures: their median, kept between tall and wide. */
export function usualAspect(pack, rows) {
  const aspects = [...rows.subarray(0, LOOKED_AT)]
    .filter((row) => row >= 0)
    .map((row) => (pack.isText(row) ? OF_TEXT : pack.width(row) / pack.height(row)))
    .sort((one, other) => one - other);
  const median = aspects.length ? aspects[aspects.length >> 1] : 1;
  return Math.min(WIDE, Math.max(TALL, median));
}

/** Where a picture of `width` x `height` stands when it is fitted into the middle of an area. */
export function fitted(width, height, area) {
  const scale = Math.min(area.width / width, area.height / height);
  const [shownWidth, shownHeight] = [width * scale, height * scale];
  return {
    left: (area.width - shownWidth) / 2,
    top: (area.height - shownHeight) / 2,
    width: shownWidth,
    height: shownHeight,
  };
}
