// The runs that are shown together, and which of their rows.

import { featureColours } from "./colours.js";
import { fetchPack } from "./fetching.js";
import { usualAspect } from "./layout.js";
import { createOutcomes } from "./outcomes.js";

/**
 * What a gallery shows, once all packs are here: `{runs, tiles, aspect}`.
 *
 * `tiles[pane][index]` is the row of that pane's run at a place of the grid, -1 for none. `numbers` holds them pane
 * after pane. A failure is an Error that names the run.
 */
export async function loadContent({ panes, features, counted = true }, numbers) {
  const packs = await Promise.all(panes.map(fetchNamed));
  const count = numbers.length / panes.length;
  const tiles = panes.map((_, pane) => numbers.subarray(pane * count, (pane + 1) * count));
  const runs = panes.map((pane, place) => openRun(pane, packs[place], { place, features, counted }));
  return { runs, tiles, aspect: usualAspect(packs[0], tiles[0]) };
}

function openRun(pane, pack, { place, features, counted }) {
  return {
    id: `${place} ${pane.run_id}`, // a run may be compared with itself
    title: pane.title,
    counted, // whether outcomes mean anything: what is measured otherwise is neither found nor missed
    pack,
    outcomes: createOutcomes(pack),
    colours: featureColours(pack, features),
    colourOf: null, // set with the look
    counts: { found: 0, falseAlarms: 0, missed: 0, complete: false },
    thumbnail: (row) => pane.thumbnail.replace("{row}", row),
    picture: (row) => (pane.picture ? pane.picture.replace("{row}", row) : null),
  };
}

async function fetchNamed(pane) {
  try {
    return await fetchPack(pane.pack);
  } catch (error) {
    throw new Error(`“${pane.title}” could not be loaded. ${error.message}`);
  }
}

/** The key of the row at a place of the grid, or null. */
export function keyAt({ runs, tiles }, index) {
  const pane = tiles.findIndex((rows) => rows[index] >= 0);
  return pane < 0 ? null : runs[pane].pack.key(tiles[pane][index]);
}

/** The place of a key in the grid, or -1. */
export function indexOf(content, key) {
  return content.tiles[0].findIndex((_, index) => keyAt(content, index) === key);
}
