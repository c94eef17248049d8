// The scrolling grid: only tiles in sight exist, and they are drawn again only when something about them changed.

import { element } from "../elements.js";
import { arrange, tilesInSight } from "./layout.js";
import { createPosition, TALLEST } from "./scrolling.js";
import { createTile, paintTile } from "./tile.js";

const SPARE_LINES = 1;
const REST_MILLISECONDS = 160;

/**
 * A grid of linked panes.
 *
 * `setContent({runs, tiles, aspect})`, `setLook({display, blank})` and `redraw()` change what it shows;
 * `thumbnails` is where pictures come from; `onLayout(grid, width)` hears of every new arrangement.
 */
export function createGrid({ thumbnails, onLayout }) {
  const space = element("div", { className: "space" });
  const root = element("div", { className: "scroller" }, [space]);
  const position = createPosition();
  const placed = new Map();
  const spare = [];
  let content = null;
  let look = null;
  let grid = null;
  let frame = 0;
  let rest = 0;
  let active = { pane: 0, index: 0 };
  let view = 0; // the height seen, kept because asking for it makes the browser lay the page out
  const due = { layout: false, place: false, paint: false };

  function plan(what) {
    if (what) due[what] = true;
    if (!frame && content && look) frame = requestAnimationFrame(render);
  }

  function render() {
    frame = 0;
    if (!content) return;
    if (due.layout) layOut();
    if (due.layout || due.paint) for (const tile of placed.values()) tile.stale = true;
    if (grid && (due.layout || due.place)) placeTiles();
    due.layout = due.place = due.paint = false;
    if (grid) paintStale();
  }

  function paintStale() {
    for (const tile of placed.values()) if (tile.stale) paint(tile);
  }

  function layOut() {
    const width = root.clientWidth;
    if (width === 0) return;
    const anchor = grid ? Math.floor(position.position() / grid.lineHeight) * grid.columns : 0;
    grid = arrange({
      width, panes: content.runs.length, count: content.count, aspect: content.aspect, tileSize: look.display.tileSize,
    });
    space.style.height = `${Math.min(grid.height, TALLEST)}px`; // first, because the height seen may depend on it
    view = root.clientHeight;
    position.rescale({ total: grid.height, view });
    space.style.height = `${position.height()}px`;
    root.scrollTop = position.moveTo(anchor > 0 && anchor < content.count ? grid.top(anchor) : position.position());
    onLayout(grid, width);
  }

  function placeTiles() {
    const [first, end] = inSight(SPARE_LINES);
    for (const [name, tile] of placed) {
      const needed = (tile.index >= first && tile.index < end) || tile.root === root.getRootNode().activeElement;
      if (needed && tile.index < content.count && tile.pane < content.runs.length) continue;
      placed.delete(name);
      tile.root.remove();
      spare.push(tile);
    }
    for (let pane = 0; pane < content.runs.length; pane++) {
      for (let index = first; index < end; index++) placeTile(pane, index);
    }
    askForThumbnails(first, end);
  }

  function placeTile(pane, index) {
    const tile = placed.get(`${pane}:${index}`) ?? takeTile(pane, index);
    const left = grid.left(pane, index);
    const top = grid.top(index) + position.offset();
    tile.root.style.transform = `translate(${left}px, ${top}px)`;
    tile.root.style.width = `${grid.tileWidth}px`;
    tile.root.style.height = `${grid.tileHeight}px`;
    tile.canvas.style.height = `${grid.pictureHeight}px`;
    tile.root.tabIndex = pane === active.pane && index === active.index ? 0 : -1;
  }

  function takeTile(pane, index) {
    const tile = spare.pop() ?? createTile();
    Object.assign(tile, { pane, index, stale: true });
    tile.root.classList.remove("twin");
    placed.set(`${pane}:${index}`, tile);
    space.append(tile.root);
    return tile;
  }

  function inSight(lines) {
    const where = { position: position.position(), view, count: content.count, spare: lines };
    return tilesInSight(grid, where);
  }

  function addressOf(pane, index) {
    const row = content.tiles[pane][index];
    return row >= 0 && content.runs[pane].pack.hasThumbnail(row) ? content.runs[pane].thumbnail(row) : null;
  }

  function askForThumbnails(first, end) {
    const addresses = [];
    for (let index = first; index < end; index++) {
      for (let pane = 0; pane < content.runs.length; pane++) addresses.push(addressOf(pane, index));
    }
    thumbnails.inSight(addresses.filter((address) => address !== null));
  }

  function paint(tile) {
    const run = content.runs[tile.pane];
    const address = addressOf(tile.pane, tile.index);
    tile.address = address;
    const bitmap = address && thumbnails.get(address);
    paintTile(tile, { run, row: content.tiles[tile.pane][tile.index], grid, bitmap, look });
  }

  function pictureArrived(address) {
    for (const tile of placed.values()) if (tile.address === address) tile.stale = true;
    plan();
  }

  root.addEventListener("scroll", () => {
    position.moved(root.scrollTop, view);
    plan("place");
    if (position.isExact()) return;
    clearTimeout(rest);
    rest = setTimeout(() => {
      root.scrollTop = position.settle();
      plan("place");
    }, REST_MILLISECONDS);
  }, { passive: true });

  /** Bring a tile into sight, make it the one that Tab reaches, and focus it if asked to. */
  function goTo(pane, index, { focus = false } = {}) {
    if (!grid || index < 0 || index >= content.count) return;
    active = { pane, index };
    const top = grid.top(index);
    const bottom = top + grid.tileHeight;
    const from = position.position();
    if (top < from) root.scrollTop = position.moveTo(top);
    else if (bottom > from + view) root.scrollTop = position.moveTo(bottom - view);
    placeTiles();
    paintStale();
    if (focus) placed.get(`${pane}:${index}`).root.focus({ preventScroll: true });
  }

  const resized = new ResizeObserver(() => plan("layout"));
  resized.observe(root);

  return {
    root,
    setContent(news) {
      const isOther = !content || news.tiles.some((rows, pane) => rows !== content.tiles[pane]);
      content = { ...news, count: news.tiles[0].length };
      if (isOther) {
        active = { pane: 0, index: 0 };
        root.scrollTop = position.moveTo(0);
      }
      plan("layout");
    },
    setLook(news) {
      const isLayout = !look || look.display.tileSize !== news.display.tileSize;
      look = news;
      plan(isLayout ? "layout" : "paint");
    },
    redraw: () => plan("paint"),
    pictureArrived,
    goTo,
    columns: () => grid?.columns ?? 1,
    tileOf: (node) => [...placed.values()].find((tile) => tile.root === node) ?? null,
    tilesAt: (index) => [...placed.values()].filter((tile) => tile.index === index),
    dispose() {
      cancelAnimationFrame(frame);
      clearTimeout(rest);
      resized.disconnect();
      root.remove();
    },
  };
}
