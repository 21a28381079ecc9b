// Labels: the names of the most frequent words in view, as many as fit without overlap.

const CELL = 48;

class Occupied {
  constructor() { this.cells = new Map(); }

  keys([left, top, right, bottom]) {
    const found = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++)
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) found.push(x * 100003 + y);
    return found;
  }

  /** Takes a box, unless it overlaps a box that was taken before; returns whether the box was taken. */
  take(box) {
    const keys = this.keys(box);
    const hit = ([l, t, r, b]) => l < box[2] && r > box[0] && t < box[3] && b > box[1];
    if (keys.some((key) => this.cells.get(key)?.some(hit))) return false;
    for (const key of keys) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
    return true;
  }
}

/**
 * The labels of a view, as shapes.
 * @param {MapView} map @param {object} theme @param {number[]} first words that come before all others, best first
 * @param {{readings: boolean, kept: number[][]}} options readings: pinyin after every Chinese word; kept: boxes to leave free
 */
function placeLabels(map, theme, first, { readings, kept }) {
  const { words, width, height } = map, taken = new Occupied(), shapes = [], chosen = new Set(first);
  kept.forEach((box) => taken.take(box));
  for (const id of first) {
    const [x, y] = map.toScreen(id);
    taken.take([x - 4, y - 4, x + 4, y + 4]);
  }
  const put = (id, important, withReading) => {
    const [x, y] = map.toScreen(id);
    if (!map.isInside([x, y])) return false;
    const text = textOf(words, id, withReading), size = words.isChinese(id) ? (important ? 16 : 15) : important ? 14 : 12.5;
    const length = map.widthOf(text) * size * (important ? 1.06 : 1);
    for (const [dx, dy, align] of important ? PLACES : PLACES.slice(0, 2)) {
      const left = x + dx * (align === "center" ? 0 : 1) - (align === "right" ? length : align === "center" ? length / 2 : 0);
      const box = [left - 2, y + dy - 0.86 * size, left + length + 2, y + dy + 0.26 * size];
      if (box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height || !taken.take(box)) continue;
      const colour = words.isChinese(id) ? theme.zh : theme.en;
      shapes.push({ kind: "text", id, text, x: left, y: y + dy, size, bold: important, box, colour: important ? colour : mix(colour, theme.text, 0.35) });
      return true;
    }
    return false;
  };
  for (const id of first) if (!put(id, true, true)) put(id, true, false);
  let room = Math.min(260, Math.round((width * height) / 5200)), looked = 0;
  for (const id of words.byFrequency) {
    if (room <= 0 || looked > 4000) break;
    if (chosen.has(id) || !map.isInside(map.toScreen(id))) continue;
    looked++;
    if (put(id, false, readings)) room--;
  }
  return shapes;
}

/** Places of a label around its point: the shift of its end or middle, and its alignment. */
const PLACES = [
  [8, 5, "left"], [-8, 5, "right"], [0, -10, "center"], [0, 21, "center"],
  [8, -7, "left"], [8, 18, "left"], [-8, -7, "right"], [-8, 18, "right"],
  [14, -18, "left"], [14, 30, "left"], [-14, -18, "right"], [-14, 30, "right"],
];

/** A word as a label: very long words are cut, and marks of writing direction are kept inside. */
function textOf(words, id, withReading) {
  const name = words.names[id], short = Array.from(name).length > 28 ? `${Array.from(name).slice(0, 27).join("")}…` : name;
  const reading = withReading ? words.reading(id) : "";
  const isolated = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(short) ? `\u2068${short}\u2069` : short;
  return reading && reading !== name ? `${isolated} ${reading}` : isolated;
}
