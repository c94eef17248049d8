// Streamlit's theme, as far as style sheets cannot take it from the --st-* variables alone.

/** Let the browser's own controls (lists, numbers, scrollbars) be light or dark as Streamlit's background is. */
export function followTheme(root) {
  const background = getComputedStyle(root).getPropertyValue("--st-background-color");
  root.style.colorScheme = isDark(background) ? "dark" : "light";
}

function isDark(colour) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}
