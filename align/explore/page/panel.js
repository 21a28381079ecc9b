// The panel beside the map. Words enter it as text, never as HTML.

/** An element with attributes and children; strings become text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children.flat());
  return made;
}

class Panel {
  constructor(root, page) { Object.assign(this, { root, page }); }

  /** A word as a button that selects it, with its reading. */
  word(id) {
    const { words } = this.page, language = words.isChinese(id) ? "zh" : "en";
    const button = element("button", { class: `word ${language}`, lang: language, click: () => this.page.select(id) }, element("bdi", {}, words.names[id]));
    const reading = words.reading(id);
    return element("span", {}, button, reading ? element("span", { class: "reading" }, reading) : "");
  }

  table(scored, format) {
    if (!scored.length) return element("p", { class: "soft" }, "none on this map");
    return element("table", {}, scored.map(({ id, score }) =>
      element("tr", {}, element("td", {}, this.word(id)), element("td", { class: "number" }, format(score)))));
  }

  score(value) {
    if (!this.page.document.probability) return value.toFixed(2);
    return value < 0.01 ? "< 1 %" : `${Math.round(100 * value)} %`;
  }

  async show() {
    const { state } = this.page, parts = [];
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (state.word >= 0) parts.push(...(await this.aboutWord(state.word)));
    if (state.analogy.length) parts.push(...(await this.aboutAnalogy()));
    if (state.group.length) parts.push(...(await this.aboutGroup()));
    if (!parts.length) parts.push(...this.aboutPage());
    if (turn !== this.turn) return;
    this.root.replaceChildren(...parts, ...this.forms());
  }

  async aboutWord(id) {
    const { words } = this.page, chinese = words.isChinese(id), entry = await this.page.answers.entry(id);
    const reading = words.reading(id), other = chinese ? "English" : "Chinese";
    return [
      element("h2", { class: chinese ? "zh" : "en" }, element("bdi", {}, words.names[id]), reading ? element("span", { class: "reading" }, reading) : ""),
      element("p", { class: "soft" }, `${chinese ? "Chinese" : "English"}, frequency rank ${words.ranks[id].toLocaleString("en")}`),
      element("h3", {}, `${other} translations, ${this.page.document.probability ? "with probability" : "by CSLS score"}`),
      this.table(entry.translations, (one) => this.score(one)),
      element("h3", {}, `Nearest words, by cosine in ${this.page.document.spaces[+chinese] || "the common space"}`),
      this.table(entry.neighbours, (one) => one.toFixed(2)),
      ...(this.page.document.cedict ? [element("h3", {}, "CC-CEDICT")] : []),
      ...(entry.dictionary.length || !this.page.document.cedict ? entry.dictionary : ["no entry"]).map((line) => element("p", {}, element("bdi", {}, line))),
    ];
  }

  async aboutAnalogy() {
    const { state, words } = this.page, [a, b, c] = state.analogy, name = (id) => words.names[id];
    const answers = this.page.analogyAnswers(), tour = this.page.tourOf(state.tour), space = this.page.document.spaces[+words.isChinese(c)];
    const [, , , d] = this.page.corners(), cosine = d === undefined ? null : this.page.vectors.cosineOfOffsets(a, b, c, d);
    const original = (tour?.original ?? []).map(([id, score]) => ({ id, score }));
    return [
      element("h2", {}, element("bdi", {}, `${name(a)} : ${name(b)} = ${name(c)} : ?`)),
      element("p", {}, tour ? tour.note : ""),
      cosine === null ? "" : element("p", { class: "soft", id: "offsets" },
        `Cosine of ${name(b)} − ${name(a)} and ${name(d)} − ${name(c)}: ${cosine.toFixed(2)} (1: parallel).`),
      element("p", { class: "soft" }, `Words nearest to ${name(b)} − ${name(a)} + ${name(c)}, without these three:`),
      ...(original.length ? [element("h3", {}, `${words.isChinese(c) ? "Chinese" : "English"}, in ${space} before the mapping`), this.table(original, (one) => one.toFixed(2))] : []),
      ...answers.map(({ title, found }) => [element("h3", {}, `${title}, in the common space`), this.table(found, (one) => one.toFixed(2))]).flat(),
    ];
  }

  async aboutGroup() {
    const { state } = this.page, shape = await this.page.shape(), tour = this.page.tourOf(state.tour);
    const missing = tour?.missing ?? 0;
    const lost = missing ? ` ${missing} ${missing > 1 ? "pairs are" : "pair is"} left out, because this map lacks a word.` : "";
    const rows = shape.rows.map(([one, other]) =>
      element("tr", {}, element("td", {}, this.word(one)), element("td", {}, other >= 0 ? this.word(other) : "-")));
    const measured = shape.disparity === null ? "" : ` Procrustes disparity of the two shapes: ${shape.disparity.toFixed(3)} ` +
      `(${shape.count} pairs; 0: the same shape, 1: nothing in common).`;
    return [
      element("h2", {}, tour ? tour.title : "Group"),
      element("p", {}, tour ? tour.note : ""),
      element("p", { class: "soft", id: "shape" }, `${state.group.length} ${state.group.length > 1 ? "words" : "word"}.${measured}${lost}`),
      element("div", { class: "row" },
        element("button", { click: () => this.page.change({ map: "own" }, { fit: true }) }, "Plane of these words"),
        element("button", { click: () => this.page.clear() }, "Clear")),
      element("table", {}, rows),
    ];
  }

  aboutPage() {
    const { document } = this.page, [english, chinese] = document.sizes.map((one) => one.toLocaleString("en"));
    return [
      element("h2", {}, "Two languages on one map"),
      element("p", {}, `${english} English and ${chinese} Chinese words. Each word is a vector; a map learned from a dictionary ` +
        "brings both languages into one space. Words that lie together occur in similar contexts."),
      element("p", {}, "Search a word or click a point. A line joins a word with its translations. The buttons above open prepared views."),
      element("p", { class: "soft" }, "Keys: / search · arrows move · + − zoom · 0 whole map · L lasso · P pinyin · D dark · T next tour · Esc clear"),
      element("p", { class: "soft" }, `Method: ${document.method || "unknown"}.${document.cedict ? " Dictionary: CC-CEDICT (CC BY-SA 4.0)." : ""}`),
    ];
  }

  /** The fields for an analogy and for a list of words. */
  forms() {
    const fields = ["man", "woman", "king"].map((example, i) => element("input", { placeholder: example, "aria-label": `Word ${i + 1} of an analogy` }));
    const list = element("textarea", { placeholder: "one two three 一 二 三", "aria-label": "Words of a group" });
    this.page.state.analogy.forEach((id, i) => { fields[i].value = this.page.words.names[id]; });
    const ask = () => this.page.askAnalogy(fields.map((field) => field.value));
    fields.forEach((field) => field.addEventListener("keydown", (event) => { if (event.key === "Enter") ask(); }));
    return [
      element("h3", {}, "Analogy: a is to b as c is to ?"),
      element("div", { class: "row", id: "analogy" }, fields, element("button", { click: ask }, "Ask")),
      element("h3", {}, "Group: type words, or draw a lasso"),
      list,
      element("div", { class: "row" }, element("button", { id: "group", click: () => this.page.askGroup(list.value) }, "Show")),
    ];
  }
}
