// The tools' pictures, drawn in strokes on a 16 x 16 grid.

const NAMESPACE = "http://www.w3.org/2000/svg";

const STROKES = {
  lasso: "M8 2.5c3.3 0 6 1.8 6 4s-2.7 4-6 4c-.9 0-1.700-.1-2.400-.4M3.600 8.900C2.600 8.200 2 7.400 2 6.500c0-2.200 2.700-4 6-4M4.600 8.200a1.500 1.500 0 1 0 .01 0M4.800 11.200c.3 1.300-.2 2.200-1.300 2.800",
  pan: "M8 1.800v12.400M1.800 8h12.400M6.200 3.600 8 1.800l1.800 1.800M6.200 12.400 8 14.200l1.800-1.800M3.600 6.200 1.800 8l1.800 1.800M12.400 6.200 14.200 8l-1.800 1.800",
  closer: "M8 3v10M3 8h10",
  farther: "M3 8h10",
  fit: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  clear: "M4 4l8 8M12 4l-8 8",
};

export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", STROKES[name]);
  svg.append(path);
  return svg;
}
