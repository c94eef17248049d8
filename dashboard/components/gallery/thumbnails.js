// Pictures, small or large: fetched and decoded once, the ones used last kept, the ones in sight first.

const AT_ONCE = 6; // what a browser sends to one host at a time over HTTP/1.1
const KEPT_PIXELS = 48_000_000; // 192 MB decoded

/**
 * `{get, inSight, clear}`. `get(address)` is an ImageBitmap, `null` when there is none to have, or `undefined` while
 * it is on its way; `onArrival(address)` tells when that changes. `inSight(addresses)` says what is worth fetching:
 * whatever else still waits is forgotten.
 */
export function createThumbnails(onArrival) {
  const kept = new Map(); // in the order of last use
  let waiting = [];
  let wanted = new Set();
  const running = new Map();
  let pixels = 0;

  function get(address) {
    if (!kept.has(address)) return undefined;
    const bitmap = kept.get(address);
    kept.delete(address);
    kept.set(address, bitmap);
    return bitmap;
  }

  function inSight(addresses) {
    wanted = new Set(addresses);
    for (const [address, abort] of running) {
      if (wanted.has(address)) continue;
      abort.abort();
      running.delete(address);
    }
    waiting = [...wanted].filter((address) => !kept.has(address) && !running.has(address));
    startNext();
  }

  function startNext() {
    while (running.size < AT_ONCE && waiting.length) fetchOne(waiting.shift());
  }

  async function fetchOne(address) {
    const abort = new AbortController();
    running.set(address, abort);
    const bitmap = await fetchBitmap(address, abort.signal);
    if (abort.signal.aborted) {
      bitmap?.close();
      return;
    }
    running.delete(address);
    keep(address, bitmap);
    onArrival(address);
    startNext();
  }

  function keep(address, bitmap) {
    kept.set(address, bitmap);
    pixels += size(bitmap);
    for (const [oldest, held] of kept) {
      if (pixels <= KEPT_PIXELS || wanted.has(oldest)) break;
      kept.delete(oldest);
      pixels -= size(held);
      held?.close();
    }
  }

  function clear() {
    inSight([]);
    for (const bitmap of kept.values()) bitmap?.close();
    kept.clear();
    pixels = 0;
  }

  return { get, inSight, clear };
}

async function fetchBitmap(address, signal) {
  try {
    const answer = await fetch(address, { signal });
    return answer.status === 200 ? await createImageBitmap(await answer.blob()) : null;
  } catch {
    return null;
  }
}

function size(bitmap) {
  return bitmap ? bitmap.width * bitmap.height : 0;
}
