// Where each word lies on the map: stored projections, axes of meaning, and planes of a few words.

/** @typedef {{places: Float32Array, ends: null|{x: string[], y: string[]}}} Layout places: x and y of each word, about -1 to 1 */

class Layouts {
  constructor(document, arrays, words, vectors) {
    Object.assign(this, { document, arrays, words, vectors });
  }

  /** A projection that was stored with the page. */
  stored(name) {
    const { data } = this.arrays[`places.${name}`];
    return { places: Float32Array.from(data, (one) => one / 32767.5 - 1), ends: null };
  }

  /**
   * Parses an axis: a name, or positive words, a hyphen between blanks, and negative words (`rich, wealthy - poor, broke`).
   * @returns {{pairs: number[][], ends: string[]}} ends: negative, positive
   * @throws {Error} with a sentence for the reader
   */
  parse(text) {
    const named = this.document.axes[text.trim().toLowerCase()];
    if (named) return { pairs: named, ends: [this.endOf(named, 1), this.endOf(named, 0)] };
    const sides = text.split(/\s[-–—−－]\s|[/→]|\svs\.?\s/).map((side) => side.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean));
    if (sides.length !== 2 || !sides[0].length || sides[0].length !== sides[1].length) {
      throw new Error(`“${text.trim()}” is not an axis: type a name, or words like  rich - poor`);
    }
    const pairs = sides[0].map((one, i) => [one, sides[1][i]].map((word) => {
      const id = this.words.find(word);
      if (id < 0) throw new Error(`“${word}” is not on this map`);
      return id;
    }));
    const same = pairs.find(([one, other]) => one === other);
    if (same) throw new Error(`“${this.words.names[same[0]]}” is at both ends of the axis`);
    return { pairs, ends: [this.endOf(pairs, 1), this.endOf(pairs, 0)] };
  }

  endOf(pairs, side) {
    const name = (chinese) => pairs.find(([one]) => this.words.isChinese(one) === chinese)?.[side];
    return [name(false), name(true)].filter((id) => id !== undefined).map((id) => this.words.names[id]).join(" ");
  }

  /** The direction of pairs in each language: the mean of their unit-length differences. */
  directions(pairs) {
    const made = [false, true].map((chinese) => {
      const mine = pairs.filter(([one]) => this.words.isChinese(one) === chinese);
      return mine.length ? unit(mean(mine.map(([p, m]) => unit(add(this.vectors.of(p), this.vectors.of(m), -1))))) : null;
    });
    return [made[0] ?? made[1], made[1] ?? made[0]];
  }

  /** The cosine of every word with the axis of its language. */
  along(pairs) {
    const [english, chinese] = this.directions(pairs), { split, count } = this.words;
    const found = new Float32Array(count);
    found.set(this.vectors.products(english, 0, split));
    found.set(this.vectors.products(chinese, split, count), split);
    return found;
  }

  /** The map of two axes, each given as typed. */
  ofAxes(x, y) {
    const axes = [this.parse(x), this.parse(y)];
    const places = new Float32Array(2 * this.words.count);
    axes.forEach((axis, side) => {
      const values = this.along(axis.pairs), sorted = values.map(Math.abs).sort();
      const reach = sorted[Math.floor(0.999 * (sorted.length - 1))] || 1;
      values.forEach((value, id) => { places[2 * id + side] = value / reach; });
    });
    return { places, ends: { x: axes[0].ends, y: axes[1].ends } };
  }

  /** The plane of the first two principal components of some words, each language centred on its own mean. */
  ofGroup(ids) {
    const centres = this.centres(ids);
    const rows = ids.map((id) => add(this.vectors.of(id), centres[+this.words.isChinese(id)], -1));
    const { values, vectors } = eigen(rows.map((one) => rows.map((other) => dot(one, other))));
    const directions = [0, 1].map((k) => {
      const sum = rows.reduce((total, row, i) => add(total, row, vectors[k]?.[i] ?? 0), rows[0].map(() => 0));
      const direction = (values[k] ?? 0) > 1e-9 ? unit(sum) : sum.map(() => 0);
      const scores = rows.map((row) => dot(row, direction));
      const peak = scores.reduce((a, b) => (Math.abs(b) > Math.abs(a) + 1e-9 ? b : a), 0);
      return peak < 0 ? direction.map((one) => -one) : direction;
    });
    return this.onPlane(directions, centres, ids);
  }

  /** The plane of an analogy a : b = c : d. Its x axis is the mean offset, so that a parallelogram looks like one. */
  ofAnalogy([a, b, c, d]) {
    const [p, q, r, s] = [a, b, c, d].map((id) => this.vectors.of(id));
    const x = unit(add(add(q, p, -1), add(s, r, -1)));
    const rise = add(add(r, p, -1), add(s, q, -1));
    const y = unit(add(rise, x, -dot(rise, x)));
    const centre = mean([p, q, r, s]);
    return this.onPlane([x, y], [centre, centre], [a, b, c, d]);
  }

  /** The mean of each language's words among `ids`; of a language with fewer than two, the mean of all its words. */
  centres(ids) {
    return [false, true].map((chinese) => {
      const mine = ids.filter((id) => this.words.isChinese(id) === chinese);
      if (mine.length > 1) return mean(mine.map((id) => this.vectors.of(id)));
      const [from, to] = this.words.range(chinese);
      return mean(Array.from({ length: Math.min(to - from, 2000) }, (_, i) => this.vectors.of(from + i)));
    });
  }

  /** All words on a plane through the centres, scaled so that the words `ids` fill the map. */
  onPlane(directions, centres, ids) {
    const { split, count } = this.words, places = new Float32Array(2 * count);
    directions.forEach((direction, side) => {
      const shifts = centres.map((centre) => dot(direction, centre));
      this.vectors.products(direction).forEach((value, id) => { places[2 * id + side] = value - shifts[+(id >= split)]; });
    });
    const reach = Math.max(...ids.map((id) => Math.max(Math.abs(places[2 * id]), Math.abs(places[2 * id + 1]))), 1e-9);
    return { places: places.map((one) => (0.85 * one) / reach), ends: null };
  }
}
