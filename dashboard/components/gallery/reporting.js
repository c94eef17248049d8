// Telling Python what the reader chose, once it rests.

const QUIET_MILLISECONDS = 250;

/**
 * `tell(name, value, before)` sends the latest value of a name unless Python has it already.
 *
 * `listen(setStateValue, names)` says where to and which names anybody asked for; `knows(name, value)` that a value
 * came from Python.
 */
export function createReporter() {
  const timers = new Map();
  const known = new Map();
  let send = () => {};
  let listened = [];

  function tell(name, value, before) {
    clearTimeout(timers.get(name));
    if (!listened.includes(name)) return;
    timers.set(name, setTimeout(() => {
      const text = JSON.stringify(value);
      if (known.get(name) === text) return;
      known.set(name, text);
      before();
      send(name, value);
    }, QUIET_MILLISECONDS));
  }

  return {
    tell,
    listen(setStateValue, names) {
      send = setStateValue;
      listened = names;
    },
    knows: (name, value) => known.set(name, JSON.stringify(value)),
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}
