// The thresholds that every component of the page follows, and the counts they lead to.

const NAME = Symbol.for("modelruns.thresholds");

/**
 * The page's one store. It hangs on `globalThis`, so that components loaded as different versions still share it.
 *
 * - `confidence`, `iou`: numbers in [0, 1].
 * - `set({confidence, iou})`: change one or both; every subscriber is called before it returns.
 * - `subscribe(listener)`: call `listener({confidence, iou})` after each change; returns the way out.
 * - `counts`: name of a pane -> {title, order, found, falseAlarms, missed, complete} over the rows now shown.
 * - `publish(name, counts)`, `withdraw(name)`, `subscribeCounts(listener)`: likewise for the counts.
 */
export function thresholds() {
  globalThis[NAME] ??= createStore();
  return globalThis[NAME];
}

function createStore() {
  const listeners = new Set();
  const countListeners = new Set();
  const store = {
    confidence: 0.5,
    iou: 0.5,
    counts: new Map(),
    set(values) {
      const { confidence = store.confidence, iou = store.iou } = values;
      if (confidence === store.confidence && iou === store.iou) return;
      Object.assign(store, { confidence, iou });
      notify(listeners, { confidence, iou });
    },
    subscribe: (listener) => subscribe(listeners, listener),
    publish(name, counts) {
      store.counts.set(name, counts);
      notify(countListeners, store.counts);
    },
    withdraw(name) {
      if (store.counts.delete(name)) notify(countListeners, store.counts);
    },
    subscribeCounts: (listener) => subscribe(countListeners, listener),
  };
  return store;
}

function subscribe(listeners, listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(listeners, news) {
  for (const listener of [...listeners]) listener(news);
}
