// The words of both languages: numbers, spellings, and search with completion.

/** Pinyin without tones and blanks. */
const lettersOf = (text) => text.normalize("NFD").replace(/[\u0300-\u036f\s]/g, "");

class Words {
  /** @param {object} document the page's document @param {ArrayLike<number>} ranks frequency ranks from 1 */
  constructor(document, ranks) {
    this.names = document.words;
    this.ranks = ranks;
    this.count = this.names.length;
    this.split = document.sizes[0];
    this.readings = document.pinyin;
    this.simple = new Map();
    const characters = Array.from(document.traditional);
    for (let i = 0; i < characters.length; i += 2) this.simple.set(characters[i], characters[i + 1]);
    this.folded = this.names.map((name) => this.fold(name));
    this.letters = this.readings.map((reading) => lettersOf(reading.toLowerCase()));
    this.index = new Map();
    for (const key of [this.names, this.folded]) key.forEach((name, id) => {
      if (!this.index.has(name)) this.index.set(name, id);
    });
    this.byFrequency = Uint32Array.from(this.names.keys()).sort((a, b) => ranks[a] - ranks[b] || a - b);
  }

  isChinese(id) { return id >= this.split; }
  reading(id) { return this.isChinese(id) ? this.readings[id - this.split] : ""; }
  range(chinese) { return chinese ? [this.split, this.count] : [0, this.split]; }

  /** A spelling without differences of width, case, traditional characters, and marks that cannot be seen. */
  fold(text) {
    const plain = text.normalize("NFKC").replace(/[\u200b-\u200f\u2060\ufeff]/g, "").trim().toLowerCase();
    return this.simple.size ? Array.from(plain, (one) => this.simple.get(one) ?? one).join("") : plain;
  }

  /** The number of a typed word, or -1. A word with `en:` or `zh:` before it is looked up in that language alone. */
  find(text) {
    const [, language, rest] = /^(en|zh):(.+)$/s.exec(text) ?? [];
    if (language) return this.findIn(rest, language === "zh");
    const folded = this.fold(text);
    for (const form of [text, folded, folded.replace(/\s+/g, "_"), folded.replace(/\s+/g, "-"), folded.replace(/\s+/g, "")]) {
      if (this.index.has(form)) return this.index.get(form);
    }
    return -1;
  }

  findIn(text, chinese) {
    const id = this.index.get(text) ?? -1;
    if (id >= 0 && this.isChinese(id) === chinese) return id;
    const [from, to] = this.range(chinese), folded = this.fold(text);
    for (let i = from; i < to; i++) if (this.names[i] === text) return i;
    for (let i = from; i < to; i++) if (this.folded[i] === folded) return i;
    return -1;
  }

  /** The name of a word in an address: its language and its spelling. */
  key(id) { return `${this.isChinese(id) ? "zh" : "en"}:${this.names[id]}`; }

  /** Words that begin with a text, by spelling or pinyin, then words that contain it, each by frequency. */
  complete(text, limit = 8) {
    const folded = this.fold(text), letters = lettersOf(folded);
    if (!folded) return [];
    const exact = [], begin = [], inside = [];
    for (const id of this.byFrequency) {
      const word = this.folded[id], sound = this.isChinese(id) ? this.letters[id - this.split] : "";
      if (word === folded || sound === letters) exact.push(id);
      else if (word.startsWith(folded) || (sound && sound.startsWith(letters))) begin.push(id);
      else if (inside.length < limit && word.includes(folded)) inside.push(id);
      if (exact.length + begin.length > 20 * limit) break;
    }
    const spelt = (id) => (this.folded[id].startsWith(folded) ? 0 : 1);
    exact.sort((a, b) => spelt(a) - spelt(b));
    const first = exact.slice(0, Math.max(3, limit - begin.length));
    return [...first, ...begin, ...inside].slice(0, limit);
  }
}
