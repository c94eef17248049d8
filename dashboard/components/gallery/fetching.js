// Getting packs: each address once, and again only after a failure.

import { openPack } from "./pack.js";

const KEPT = 6;
const packs = new Map();

/** A promise of the pack at an address. Its rejection carries a message for the reader. */
export function fetchPack(address) {
  const known = packs.get(address);
  packs.delete(address);
  const pack = known ?? load(address);
  packs.set(address, pack);
  pack.catch(() => packs.delete(address));
  for (const oldest of packs.keys()) {
    if (packs.size <= KEPT) break;
    packs.delete(oldest);
  }
  return pack;
}

async function load(address) {
  let answer;
  try {
    answer = await fetch(address);
  } catch {
    throw new Error("The dashboard did not answer.");
  }
  if (!answer.ok) throw new Error((await answer.text()) || `The dashboard answered ${answer.status}.`);
  return openPack(await answer.arrayBuffer());
}
