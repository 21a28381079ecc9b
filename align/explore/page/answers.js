// The neighbours, translations and dictionary entry of a word: from the page itself, or from the local server.

/** @typedef {{neighbours: Scored[], translations: Scored[], dictionary: string[]}} Entry */
/** @typedef {{id: number, score: number}} Scored */

class StoredAnswers {
  constructor(document, arrays, words) { Object.assign(this, { document, arrays, words }); }

  /** @returns {Promise<Entry>} */
  async entry(id) {
    const chinese = this.words.isChinese(id);
    return {
      neighbours: this.scored("neighbours", id, this.words.range(chinese)[0]),
      translations: this.scored("translations", id, this.words.range(!chinese)[0]),
      dictionary: this.document.dictionary[id] ?? [],
    };
  }

  /** The answer for a typed word that is not among the words of the page: the id -1, and why. */
  async find(text) { return { id: -1, why: `“${text}” is not on this map` }; }

  /** A row of a table of word ids (counted from `first`) and scores. The largest id of the table's type marks a missing entry. */
  scored(name, id, first) {
    const { data, shape: [, width] } = this.arrays[name], scores = this.arrays[`${name}.scores`].data;
    const [low, high] = this.arrays[`${name}.range`].data;
    const most = scores instanceof Uint8Array ? 255 : 65535, none = data instanceof Uint16Array ? 0xffff : 0xffffffff, found = [];
    for (let at = id * width; at < (id + 1) * width; at++) {
      if (data[at] !== none) found.push({ id: first + data[at], score: low + (scores[at] / most) * (high - low) });
    }
    return found;
  }
}

class ServedAnswers {
  constructor() { this.known = new Map(); }

  async ask(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.json();
  }

  /** The id of a typed word in any form that the server understands; if there is none, -1 and why. */
  async find(text) { return this.ask(`find?text=${encodeURIComponent(text.slice(0, 200))}`); }

  /** @returns {Promise<Entry>} */
  async entry(id) {
    if (!this.known.has(id)) this.known.set(id, await this.ask(`entry?id=${id}`));
    return this.known.get(id);
  }
}
