// The page: its state, the actions that change the state, and the drawing of the state.

class Page {
  constructor({ document: content, arrays }) {
    const find = (id) => document.getElementById(id);
    Object.assign(this, { document: content, lasso: false, polygon: null, over: -1, lines: [], shapes: [], quiet: false });
    this.words = new Words(content, arrays.ranks.data);
    this.vectors = new Vectors(arrays.codes, arrays.scale);
    this.layouts = new Layouts(content, arrays, this.words, this.vectors);
    this.answers = content.live ? new ServedAnswers() : new StoredAnswers(content, arrays, this.words);
    this.map = new MapView(find("stage"), find("points"), find("overlay"), this.words);
    this.panel = new Panel(find("panel"), this);
    this.firstMap = content.projections.at(-1).name;
    this.state = emptyState(this.firstMap);
    this.laidOut = "";
  }

  /** Changes the state; `fit` shows the selection, `view` sets the view, `centre` moves the selected word to the middle. */
  async change(changes, { fit = false, view = null, centre = false } = {}) {
    const before = this.state;
    this.state = { ...before, ...changes };
    this.say("");
    try {
      this.layOut();
    } catch (error) {
      this.state = { ...this.state, map: before.map === "axes" ? this.firstMap : before.map, x: before.x, y: before.y };
      this.say(error.message);
      this.layOut();
    }
    if (view) this.map.view = { ...view };
    else if (fit) this.showSelection();
    if (centre && this.state.word >= 0) this.centreOn(this.state.word);
    await this.refresh();
  }

  /** Updates everything that depends on the state: controls, lines, map, panel and address. */
  async refresh() {
    showControls(this);
    const { state } = this, lines = [];
    const entry = state.word >= 0 ? await this.answers.entry(state.word).catch((error) => this.say(`No answer: ${error.message}`)) : null;
    if (state !== this.state) return;
    for (const { id, score } of entry?.translations ?? []) lines.push({ from: state.word, to: id, score });
    this.entry = entry ?? null;
    this.lines = lines;
    this.redraw();
    await this.panel.show().catch((error) => this.say(`No answer: ${error.message}`));
    this.settle();
  }

  layOut() {
    const { map, x, y, group } = this.state, corners = this.corners();
    const own = corners.length === 4 ? corners : group;
    const key = JSON.stringify(map === "axes" ? [map, x, y] : map === "own" ? [map, own] : [map]);
    if (key === this.laidOut) return;
    if (map === "axes") this.map.layout = this.layouts.ofAxes(x, y);
    else if (map === "own" && corners.length === 4) this.map.layout = this.layouts.ofAnalogy(corners);
    else if (map === "own" && group.length > 2) this.map.layout = this.layouts.ofGroup(group);
    else this.map.layout = this.layouts.stored(this.document.projections.some(({ name }) => name === map) ? map : this.firstMap);
    this.laidOut = key;
  }

  /** The three words of the analogy and its first answer; empty if there is no analogy. */
  corners() {
    if (this.state.analogy.length !== 3) return [];
    return [...this.state.analogy, this.analogyAnswers()[0].found[0]?.id].filter((id) => id !== undefined);
  }

  /** The answers to the analogy: words of c's language, then of the other. */
  analogyAnswers() {
    const [a, b, c] = this.state.analogy, key = [a, b, c].join();
    if (this.answered?.key === key) return this.answered.answers;
    const [p, q, r] = [a, b, c].map((id) => this.vectors.of(id));
    const target = add(add(q, p, -1), r), mine = this.words.isChinese(c);
    const answers = [mine, !mine].map((chinese) => ({
      title: chinese ? "Chinese" : "English",
      found: this.vectors.nearest(target, 5, ...this.words.range(chinese), [a, b, c]),
    }));
    this.answered = { key, answers };
    return answers;
  }

  /** The words of the group, each with its translation, and the disparity of the two shapes. */
  async shape() {
    const { group, pairs } = this.state, { words } = this;
    const mixed = pairs.filter(([a, b]) => words.isChinese(a) !== words.isChinese(b));
    const rows = [];
    if (pairs.length && !mixed.length) return { rows: pairs, count: 0, disparity: null };
    if (mixed.length) rows.push(...mixed);
    else for (const id of group) rows.push([id, (await this.answers.entry(id)).translations[0]?.id ?? -1]);
    const both = rows.filter(([, other]) => other >= 0).slice(0, 60);
    const sides = [0, 1].map((side) => both.map((pair) => this.vectors.of(pair[side])));
    return { rows, count: both.length, disparity: both.length < 3 ? null : disparity(sides[0], sides[1]) };
  }

  selection() {
    const { word, group } = this.state, corners = this.corners();
    return [...new Set([...(word >= 0 ? [word, ...this.lines.map(({ to }) => to)] : []), ...corners, ...group])];
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  draw() {
    const theme = themeOf(document.documentElement), chosen = this.selection(), faded = chosen.length > 0;
    this.map.drawPoints(theme, faded);
    const near = (this.entry?.neighbours ?? []).map(({ id }) => id);
    const first = [...new Set([...(this.over >= 0 ? [this.over] : []), ...chosen, ...near])];
    const marks = this.marks(theme, chosen, near), kept = marks.filter(({ end }) => end).map(({ end }) => end);
    const labels = placeLabels(this.map, theme, first, { readings: this.state.readings, kept: [...kept, LEGEND] });
    this.shapes = [...marks.filter(({ end }) => !end), ...labels, ...marks.filter(({ end }) => end)];
    this.map.drawShapes(this.shapes, theme);
    this.frames = (this.frames ?? 0) + 1;
  }

  /** The shapes that are drawn below the labels: axes, lines, dots and the lasso. */
  marks(theme, chosen, near) {
    const { map, state, words } = this, shapes = [], place = (id) => map.toScreen(id);
    if (map.layout.ends) shapes.push(...axisShapes(map, theme));
    const corners = this.corners();
    if (corners.length === 4) {
      const [a, b, c, d] = corners.map(place);
      shapes.push({ kind: "area", points: [a, b, d, c], colour: theme.soft, width: 1.5 });
    }
    for (const [a, b] of state.pairs) shapes.push({ kind: "line", points: [place(a), place(b)], colour: theme.soft, width: 1.2 });
    for (const { from, to, score } of this.lines) {
      const strength = this.document.probability ? score : 0.5;
      shapes.push({ kind: "line", points: [place(from), place(to)], colour: theme.text, width: 1 + 2.5 * strength, alpha: 0.45 + 0.5 * strength });
    }
    const dot = (id, radius) => {
      const [x, y] = place(id);
      shapes.push({ kind: "dot", x, y, radius, colour: words.isChinese(id) ? theme.zh : theme.en, ring: theme.back, width: 1 });
    };
    near.forEach((id) => dot(id, 3));
    chosen.forEach((id) => dot(id, 4.5));
    if (state.word >= 0) dot(state.word, 6.5);
    if (this.polygon) shapes.push({ kind: "area", points: this.polygon, colour: theme.en, width: 1.5 });
    return shapes;
  }

  select(id) { return this.change({ word: id }, { centre: true }); }

  /** Moves a word to the middle of the map, and zooms in if the map is far out. */
  centreOn(id) {
    const { places } = this.map.layout;
    this.map.view = { x: places[2 * id], y: places[2 * id + 1], zoom: Math.max(this.map.view.zoom, this.state.map === "own" ? 1 : 2.5) };
  }

  showSelection() {
    const chosen = this.selection();
    if (chosen.length > 1) this.map.fit(chosen);
    else this.map.view = { x: 0, y: 0, zoom: 1 };
  }

  showWhole() {
    this.map.view = { x: 0, y: 0, zoom: 1 };
    this.redraw();
    this.settle();
  }

  clear() {
    const map = this.state.map === "own" ? this.firstMap : this.state.map;
    return this.change({ ...emptyState(map), x: this.state.x, y: this.state.y, readings: this.state.readings, theme: this.state.theme });
  }

  tourOf(name) { return this.document.tours.find((tour) => tour.name === name); }

  openTour(name) { return this.change(stateOfTour(this.tourOf(name)), { fit: true }); }

  nextTour() {
    const names = this.document.tours.map(({ name }) => name);
    if (names.length) this.openTour(names[(names.indexOf(this.state.tour) + 1) % names.length]);
  }

  click(x, y, reach) {
    const label = this.shapes.find(({ kind, box }) => kind === "text" && box && x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
    const near = this.map.nearest(x, y, reach, this.selection());
    const id = label?.id ?? (near >= 0 ? near : this.map.nearest(x, y, reach));
    if (id >= 0) this.select(id);
  }

  hover([x, y]) {
    const id = this.map.nearest(x, y, 9);
    if (id === this.over) return;
    this.over = id;
    this.redraw();
  }

  encircle(polygon) {
    const found = this.map.inside(polygon);
    this.setLasso(false);
    if (!found.length) return this.say("No word lies inside.");
    return this.change({ group: found.slice(0, MAX_GROUP), pairs: [], tour: "", word: -1, analogy: [] }).then(() => {
      if (found.length > MAX_GROUP) this.say(`${found.length} words lie inside; the ${MAX_GROUP} most frequent are shown.`);
    });
  }

  askAnalogy(texts) {
    if (new Set(texts.map((text) => this.words.fold(text)).filter(Boolean)).size < 3) return this.say("Type three different words.");
    const ids = texts.map((text) => this.words.find(text));
    const lost = texts.filter((_, i) => ids[i] < 0);
    if (lost.length) return this.say(`Not on this map: ${lost.map((one) => `“${one}”`).join(", ")}`);
    return this.change({ analogy: ids, group: [], pairs: [], word: -1, tour: "", map: "own" }, { fit: true });
  }

  askGroup(text) {
    const texts = text.split(/[\s,;，；、]+/).filter(Boolean), ids = texts.map((one) => this.words.find(one));
    const known = [...new Set(ids.filter((id) => id >= 0))].slice(0, MAX_GROUP), lost = texts.filter((_, i) => ids[i] < 0);
    const note = lost.length ? `Not on this map: ${lost.slice(0, 8).join(", ")}` : "";
    if (!known.length) return this.say(note || "Type some words first.");
    return this.change({ group: known, pairs: [], word: -1, tour: "", analogy: [] }, { fit: true }).then(() => this.say(note));
  }

  setLasso(on) { this.lasso = on; showControls(this); }

  toggleTheme() {
    const dark = document.documentElement.dataset.theme === "dark";
    return this.change({ theme: dark ? "light" : "dark" });
  }

  /** Shows a sentence at the foot of the map; a very long one is cut. */
  say(text) { document.getElementById("note").textContent = text.length > 300 ? `${text.slice(0, 300)}…` : text; }

  /** Writes the state into the address, once the view has stopped moving. */
  settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.writeAddress(), 150);
  }

  writeAddress() {
    const hash = toHash(this.state, this.map.view, this.words);
    if (hash === location.hash || window !== window.top) return;  // a page inside a report has no address
    this.written = hash;
    location.replace(hash);
  }

  /** Sets the state from the address, unless the page itself wrote it; inside a report, from the name of the frame. */
  readAddress() {
    if (location.hash === this.written) return undefined;
    const { state, view, lost } = fromHash(location.hash || (window === window.top ? "" : window.name), this);
    return this.change(state, { view, fit: !view, centre: !view && state.word >= 0 }).then(() => {
      if (lost.length) this.say(`Not on this map: ${lost.slice(0, 8).join(", ")}`);
    });
  }

  async export(kind) {
    const theme = themeOf(document.documentElement), chosen = this.selection();
    if (kind === "png") save(await pngOf(this.map), "map.png");
    else if (kind === "svg") save(new Blob([svgOf(this.map, this.shapes, theme, chosen.length > 0)], { type: "image/svg+xml" }), "map.svg");
    else save(new Blob([await this.table()], { type: "text/tab-separated-values" }), "words.tsv");
  }

  /** The selected words, or if there are none the words with a label, as tab-separated lines. */
  async table() {
    const chosen = this.selection(), ids = chosen.length ? chosen : this.shapes.filter(({ id }) => id !== undefined).map(({ id }) => id);
    const rows = [["word", "language", "pinyin", "rank", "x", "y", "translations"]];
    for (const id of ids) {
      const { translations } = await this.answers.entry(id), { places } = this.map.layout;
      rows.push([this.words.names[id], this.words.isChinese(id) ? "zh" : "en", this.words.reading(id), this.words.ranks[id],
        places[2 * id].toFixed(4), places[2 * id + 1].toFixed(4), translations.map((one) => this.words.names[one.id]).join(", ")]);
    }
    return tsvOf(rows);
  }
}

/** The box of the legend, which labels leave free. */
const LEGEND = [0, 0, 175, 28];

/** The axes through the origin, with the names of their ends beside them. */
function axisShapes(map, theme) {
  const { width, height, layout: { ends } } = map;
  const [ox, oy] = [width / 2 - map.view.x * map.scale, height / 2 + map.view.y * map.scale];
  const line = (points) => ({ kind: "line", points, colour: theme.soft, width: 1, dash: [4, 4] });
  const text = (name, x, y, shift) => {
    const length = map.widthOf(name) * 15 * 1.06, left = x - shift * length;
    return { kind: "text", text: name, x: left, y, size: 15, bold: true, colour: theme.text, end: [left - 4, y - 16, left + length + 4, y + 6] };
  };
  const within = (value, border, size) => Math.max(border, Math.min(size - border, value));
  const [above, middle] = [within(oy - 8, 70, height), (name) => within(ox, map.widthOf(name) * 8 + 8, width)];
  const [down, up] = [`↓ ${ends.y[0]}`, `↑ ${ends.y[1]}`], besideLegend = middle(up) - map.widthOf(up) * 8 > LEGEND[2] + 8;
  return [
    line([[0, oy], [width, oy]]), line([[ox, 0], [ox, height]]),
    text(`← ${ends.x[0]}`, 8, above, 0), text(`${ends.x[1]} →`, width - 8, above, 1),
    text(down, middle(down), height - 12, 0.5), text(up, middle(up), besideLegend ? 20 : 46, 0.5),
  ];
}
