// Exports: the map as a PNG picture or an SVG drawing, and words as tab-separated lines.

const escapeXml = (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
  .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
const short = (number) => number.toFixed(1);

/** The map as an SVG document: one path for the points of each language, and the shapes above them. */
function svgOf(map, shapes, theme, faded) {
  const { width, height, words } = map;
  const paths = ["", ""];
  for (let id = 0; id < words.count; id++) {
    const place = map.toScreen(id);
    if (map.isInside(place)) paths[+words.isChinese(id)] += `M${place.map(short).join(" ")}h0`;
  }
  const colours = faded ? [theme.enFaded, theme.zhFaded] : [theme.en, theme.zh];
  const points = paths.map((path, i) => `<path d="${path}" stroke="${colours[i]}" stroke-width="3" stroke-linecap="${i ? "square" : "round"}" fill="none"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="100%" height="100%" fill="${theme.back}"/>${points.join("")}${shapes.map((shape) => svgShape(shape, theme)).join("")}</svg>`;
}

function svgShape(shape, theme) {
  if (shape.kind === "text") {
    const anchor = { center: "middle", right: "end" }[shape.align] ?? "start";
    return `<text x="${short(shape.x)}" y="${short(shape.y)}" font-family="${escapeXml(FONT)}" font-size="${shape.size}" ` +
      `font-weight="${shape.bold ? 600 : 400}" text-anchor="${anchor}" fill="${shape.colour}" stroke="${theme.back}" ` +
      `stroke-width="3" paint-order="stroke">${escapeXml(shape.text)}</text>`;
  }
  if (shape.kind === "dot") {
    return `<circle cx="${short(shape.x)}" cy="${short(shape.y)}" r="${shape.radius}" fill="${shape.colour}" stroke="${shape.ring ?? "none"}"/>`;
  }
  const path = shape.points.map((place, i) => `${i ? "L" : "M"}${place.map(short).join(" ")}`).join("");
  const fill = shape.kind === "area" ? `fill="${shape.colour}" fill-opacity="0.12"` : 'fill="none"';
  return `<path d="${path}${shape.kind === "area" ? "Z" : ""}" ${fill} stroke="${shape.colour}" stroke-width="${shape.width ?? 1.5}" ` +
    `stroke-dasharray="${(shape.dash ?? []).join(" ")}" stroke-opacity="${shape.alpha ?? 1}"/>`;
}

/** The map as a PNG blob. */
function pngOf(map) {
  const canvas = document.createElement("canvas");
  canvas.width = map.points.width;
  canvas.height = map.points.height;
  const pen = canvas.getContext("2d");
  pen.drawImage(map.points, 0, 0);
  pen.drawImage(map.overlay, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Rows as tab-separated lines; a tab or line break inside a cell becomes a blank. */
const tsvOf = (rows) => rows.map((row) => row.map((cell) => String(cell).replace(/\s+/g, " ")).join("\t")).join("\n") + "\n";

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
