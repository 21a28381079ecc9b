// The state of the page, and its form in the address, so that a view can be shared.

/**
 * @typedef {object} State
 * @property {number} word the selected word, or -1
 * @property {string} map a stored projection, "axes", or "own": the plane of the group or analogy
 * @property {string} x @property {string} y the axes, as typed
 * @property {number[]} group @property {number[][]} pairs words of the group that lines join
 * @property {number[]} analogy a, b, c, or empty @property {string} tour
 * @property {boolean} readings pinyin at all labels @property {string} theme "dark", "light" or "" for the system's
 */

const emptyState = (map) => ({ word: -1, map, x: "", y: "", group: [], pairs: [], analogy: [], tour: "", readings: false, theme: "" });

/** @returns {string} the state and the view as text after "#" */
function toHash(state, view, words) {
  const parts = new URLSearchParams();
  if (state.word >= 0) parts.set("word", words.key(state.word));
  parts.set("map", state.map);
  if (state.x) parts.set("x", state.x);
  if (state.y) parts.set("y", state.y);
  if (state.tour) parts.set("tour", state.tour);
  else for (const id of state.group) parts.append("group", words.key(id));
  for (const id of state.analogy) parts.append("analogy", words.key(id));
  if (state.readings) parts.set("pinyin", "1");
  if (state.theme) parts.set("theme", state.theme);
  parts.set("view", [view.x, view.y, view.zoom].map((one) => Number(one.toPrecision(6))).join(","));
  return `#${parts}`;
}

/**
 * The state and view in an address. Parts that are not valid are ignored, as an address may contain any text.
 * @returns {{state: State, view: null|{x: number, y: number, zoom: number}, lost: string[]}} lost: unknown words
 */
function fromHash(hash, page) {
  const parts = new URLSearchParams(hash.replace(/^#/, "")), state = emptyState(page.firstMap), lost = [];
  const listed = (name, limit) => parts.getAll(name).slice(0, limit).map((key) => {
    const id = page.words.find(key);
    if (id < 0) lost.push(key.replace(/^(en|zh):/, ""));
    return id;
  }).filter((id) => id >= 0);
  const tour = page.document.tours.find(({ name }) => name === parts.get("tour"));
  if (tour) Object.assign(state, stateOfTour(tour));
  else {
    state.group = [...new Set(listed("group", MAX_GROUP))];
    const analogy = listed("analogy", 3);
    if (new Set(analogy).size === 3) state.analogy = analogy;
  }
  state.word = listed("word", 1)[0] ?? -1;
  const map = parts.get("map"), maps = [...page.document.projections.map(({ name }) => name), "axes", "own"];
  if (maps.includes(map)) state.map = map;
  state.x = (parts.get("x") ?? state.x).slice(0, 300);
  state.y = (parts.get("y") ?? state.y).slice(0, 300);
  state.readings = parts.get("pinyin") === "1";
  state.theme = ["dark", "light"].includes(parts.get("theme")) ? parts.get("theme") : "";
  const [x, y, zoom] = (parts.get("view") ?? "").split(",").map(Number);
  const view = [x, y, zoom].every(Number.isFinite) && zoom >= 0.5 && zoom <= 4000 ? { x, y, zoom } : null;
  return { state, view, lost };
}

const MAX_GROUP = 200;

/** The changes of the state that show a tour. */
function stateOfTour(tour) {
  return {
    tour: tour.name, word: -1, pairs: tour.pairs, analogy: tour.analogy,
    group: [...new Set(tour.pairs.flat())], map: tour.axes ? "axes" : "own",
    x: tour.axes?.[0] ?? "", y: tour.axes?.[1] ?? "",
  };
}
