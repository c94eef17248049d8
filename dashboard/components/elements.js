// Building elements without ever parsing a string as HTML.

/**
 * A new element.
 *
 * `properties` are set as properties (`className`, `textContent`, `onclick`, ...); names with a dash, and `role`,
 * are set as attributes. Children are elements or strings; null ones are left out.
 */
export function element(tag, properties = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const THOUSANDS = new Intl.NumberFormat("en-US");

/** A number for readers, with thousands separated: 12,345. */
export function grouped(number) {
  return number < 1000 ? String(number) : THOUSANDS.format(number); // formatting is what takes the time on a grid
}

/** A number of things in words: `1 row`, `2,000 rows`. */
export function counted(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}
