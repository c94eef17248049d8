// One living part per place in the page, although Streamlit calls a component anew for every change.

/**
 * Turn a part with `update(call)` and `dispose()` into a component function for Streamlit.
 *
 * Streamlit calls the function at mounting and again with each new data or theme, always with the same
 * `parentElement`. When calls overtake each other it runs the cleanup of the older one although the part still
 * lives, so only the cleanup of the latest call ends it.
 */
export function component(create) {
  const living = new WeakMap();
  return (call) => {
    const place = call.parentElement;
    const entry = living.get(place) ?? { part: create(place), calls: 0 };
    living.set(place, entry);
    const number = ++entry.calls;
    entry.part.update(call);
    return () => {
      if (entry.calls !== number) return;
      living.delete(place);
      entry.part.dispose();
    };
  };
}

/**
 * Tell news from echoes for a value that both Python and the reader change.
 *
 * A rerun brings back what the reader set a moment ago, or what was set before that. Neither may overwrite what
 * the reader sees now; only a value that Python came up with itself is news.
 */
export function newsOnly() {
  let last;
  const sent = [];
  return {
    send(value) {
      sent.push(JSON.stringify(value));
    },
    isNews(value) {
      const text = JSON.stringify(value);
      if (text === last) return false;
      last = text;
      const echo = sent.indexOf(text);
      sent.splice(0, echo < 0 ? sent.length : echo + 1);
      return echo < 0;
    },
  };
}
