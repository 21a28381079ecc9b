// The map: a view on the plane, the points as pixels, and the shapes above them.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const MARGIN = 1.12;

class MapView {
  constructor(stage, points, overlay, words) {
    Object.assign(this, { stage, points, overlay, words });
    this.view = { x: 0, y: 0, zoom: 1 };
    this.layout = null;
    this.widths = new Map();
    this.resize();
  }

  resize() {
    const box = this.stage.getBoundingClientRect();
    this.width = Math.max(1, Math.round(box.width));
    this.height = Math.max(1, Math.round(box.height));
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [this.points, this.overlay]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
    }
    this.image = this.points.getContext("2d", { alpha: false }).createImageData(this.points.width, this.points.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Screen pixels for one unit of the plane. */
  get scale() { return (this.view.zoom * Math.min(this.width, this.height)) / (2 * MARGIN); }

  toScreen(id) {
    const { places } = this.layout, { x, y } = this.view, scale = this.scale;
    return [this.width / 2 + (places[2 * id] - x) * scale, this.height / 2 - (places[2 * id + 1] - y) * scale];
  }

  toPlane(px, py) {
    return [this.view.x + (px - this.width / 2) / this.scale, this.view.y - (py - this.height / 2) / this.scale];
  }

  isInside([x, y], border = 0) {
    return x >= -border && y >= -border && x <= this.width + border && y <= this.height + border;
  }

  move(dx, dy) {
    this.view.x -= dx / this.scale;
    this.view.y += dy / this.scale;
  }

  /** Changes the zoom; the point of the plane below (px, py) stays there. */
  zoomAt(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toPlane(px, py);
    this.view.zoom = Math.min(4000, Math.max(0.5, this.view.zoom * factor));
    const [nx, ny] = this.toPlane(px, py);
    this.view.x += x - nx;
    this.view.y += y - ny;
  }

  /** Shows all of `ids`. */
  fit(ids) {
    const { places } = this.layout;
    const reach = (side) => {
      const values = ids.map((id) => places[2 * id + side]);
      return [Math.min(...values), Math.max(...values)];
    };
    const [[left, right], [low, high]] = [reach(0), reach(1)];
    const unitPixels = Math.min(this.width, this.height) / (2 * MARGIN);
    const zoom = Math.min((0.8 * this.width) / Math.max(right - left, 1e-3), (0.8 * this.height) / Math.max(high - low, 1e-3));
    this.view = { x: (left + right) / 2, y: (low + high) / 2, zoom: Math.min(400, Math.max(0.5, zoom / unitPixels)) };
  }

  /** The word whose point is nearest to (px, py), or -1 if none is within `reach` pixels; `among` limits the words. */
  nearest(px, py, reach = 12, among = null) {
    const { places } = this.layout, [x, y] = this.toPlane(px, py);
    let best = -1, smallest = (reach / this.scale) ** 2;
    const look = (id) => {
      const distance = (places[2 * id] - x) ** 2 + (places[2 * id + 1] - y) ** 2;
      if (distance < smallest) [best, smallest] = [id, distance];
    };
    if (among) among.forEach(look);
    else for (let id = 0; id < this.words.count; id++) look(id);
    return best;
  }

  /** The words inside a polygon of screen points. */
  inside(polygon) {
    const found = [];
    for (const id of this.words.byFrequency) {
      const [x, y] = this.toScreen(id);
      let within = false;
      for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
        const [ax, ay] = polygon[i], [bx, by] = polygon[j];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
      }
      if (within) found.push(id);
    }
    return found;
  }

  /** Half the width of a point in pixels of the canvas. It is 0, a single pixel, if larger points would cover the map. */
  pointSize() {
    const room = (this.width * this.height * this.view.zoom ** 2) / this.words.count;
    const wanted = 1 + Math.log2(room / 16) / (room < 16 ? 2 : 4);
    return Math.max(Math.floor(this.ratio) - 1, Math.round(this.ratio * Math.min(3, wanted)));
  }

  /** Draws the points: a square for an English word, a cross for a Chinese one; rare words first. */
  drawPoints(theme, faded) {
    const { pixels, words } = this, { places } = this.layout, { width, height } = this.points;
    const scale = this.scale * this.ratio, left = width / 2 - this.view.x * scale, top = height / 2 + this.view.y * scale;
    const size = this.pointSize();
    const colours = (faded ? [theme.enFaded, theme.zhFaded] : [theme.en, theme.zh]).map(pixelOf);
    pixels.fill(pixelOf(theme.back));
    const order = words.byFrequency, split = words.split, edge = 2 * size + 2;
    for (let i = order.length - 1; i >= 0; i--) {
      const id = order[i], x = (left + places[2 * id] * scale) | 0, y = (top - places[2 * id + 1] * scale) | 0;
      if (x < edge || y < edge || x >= width - edge || y >= height - edge) continue;
      const at = y * width + x;
      if (id < split) {
        for (let r = at; r <= at + size * width; r += width) for (let k = r; k <= r + size; k++) pixels[k] = colours[0];
      } else {
        const from = at - size * width;
        for (let k = 0; k <= 2 * size; k++) pixels[from + k * width] = pixels[at - size + k] = colours[1];
      }
    }
    this.points.getContext("2d").putImageData(this.image, 0, 0);
  }

  /** Draws shapes above the points. */
  drawShapes(shapes, theme) {
    const pen = this.overlay.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.lineJoin = "round";
    for (const shape of shapes) drawShape(pen, shape, theme);
  }

  /** The width of a text in pixels at 1 pixel of font size. */
  widthOf(text) {
    if (!this.widths.has(text)) {
      const pen = this.overlay.getContext("2d");
      pen.font = `20px ${FONT}`;
      this.widths.set(text, pen.measureText(text).width / 20);
    }
    return this.widths.get(text);
  }
}

function drawShape(pen, shape, theme) {
  pen.globalAlpha = shape.alpha ?? 1;
  pen.setLineDash(shape.dash ?? []);
  if (shape.kind === "text") {
    pen.font = `${shape.bold ? "600 " : ""}${shape.size}px ${FONT}`;
    pen.textAlign = shape.align ?? "left";
    pen.textBaseline = "alphabetic";
    pen.lineWidth = 3.5;
    pen.strokeStyle = theme.back;
    pen.strokeText(shape.text, shape.x, shape.y);
    pen.fillStyle = shape.colour;
    pen.fillText(shape.text, shape.x, shape.y);
    return;
  }
  pen.beginPath();
  if (shape.kind === "dot") pen.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
  else shape.points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (shape.kind === "area") pen.closePath();
  if (shape.kind !== "line") {
    pen.fillStyle = shape.colour;
    pen.globalAlpha = shape.kind === "area" ? 0.12 : 1;
    pen.fill();
    pen.globalAlpha = 1;
  }
  if (shape.kind === "dot" && !shape.ring) return;
  pen.strokeStyle = shape.ring ?? shape.colour;
  pen.lineWidth = shape.width ?? 1.5;
  pen.stroke();
}

/** A colour `#rrggbb` as a pixel of ImageData, whose bytes are red, green, blue, opacity. */
function pixelOf(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** A mixture of two colours `#rrggbb`; `share` is the share of b, 0 to 1. */
function mix(a, b, share) {
  const part = (at) => Math.round(parseInt(a.slice(at, at + 2), 16) * (1 - share) + parseInt(b.slice(at, at + 2), 16) * share);
  return `#${[1, 3, 5].map((at) => part(at).toString(16).padStart(2, "0")).join("")}`;
}

/** The colours of the page's style sheet, as the canvas needs them. */
function themeOf(root) {
  const style = getComputedStyle(root), colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const [back, text, soft, en, zh] = ["back", "text", "soft", "en", "zh"].map(colour);
  return { back, text, soft, en, zh, enFaded: mix(en, back, 0.72), zhFaded: mix(zh, back, 0.72) };
}
