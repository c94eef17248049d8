// Colours as the drawing surfaces take them.

/** [red, green, blue] from 0 to 255 of "#rrggbb"; grey for anything else. */
export function channels(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (!hex) return [128, 128, 128];
  const value = Number.parseInt(hex[1], 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The page's colours as [red, green, blue]: read anew when the theme changes. */
export function themeColours(node) {
  const style = getComputedStyle(node);
  const read = (name) => channels(style.getPropertyValue(name).trim());
  return {
    background: read("--st-background-color"),
    text: read("--st-text-color"),
    primary: read("--st-primary-color"),
  };
}

export function css([red, green, blue], alpha = 1) {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}
