// Vectors of the words, cosines, and the linear algebra of small sets of words.

class Vectors {
  /** @param {{data: Uint8Array, shape: number[]}} codes two 4-bit numbers per byte @param {{data: Float32Array}} scale */
  constructor(codes, scale) {
    const [count, half] = codes.shape;
    this.count = count;
    this.dim = 2 * half;
    this.scale = scale.data.map((one) => one / 2);
    this.levels = new Int8Array(count * this.dim);
    this.lengths = new Float32Array(count);
    for (let i = 0, from = 0, to = 0; i < count; i++) {
      let sum = 0;
      for (let j = 0; j < half; j++, to += 2) {
        const byte = codes.data[from++];
        this.levels[to] = 2 * (byte & 15) - 15;
        this.levels[to + 1] = 2 * (byte >> 4) - 15;
        sum += (this.levels[to] * this.scale[2 * j]) ** 2 + (this.levels[to + 1] * this.scale[2 * j + 1]) ** 2;
      }
      this.lengths[i] = Math.sqrt(sum) || 1;
    }
  }

  /** The unit vector of a word. */
  of(id) {
    const start = id * this.dim;
    return Float64Array.from(this.scale, (one, j) => (one * this.levels[start + j]) / this.lengths[id]);
  }

  /** The products of unit vectors `from` to `to` with a direction. */
  products(direction, from = 0, to = this.count) {
    const scaled = Float32Array.from(direction, (one, j) => one * this.scale[j]);
    const { levels, lengths, dim } = this, found = new Float32Array(to - from);
    for (let i = from, at = from * dim; i < to; i++) {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += scaled[j] * levels[at++];
      found[i - from] = sum / lengths[i];
    }
    return found;
  }

  /** The cosine of the offsets b - a and d - c. */
  cosineOfOffsets(...ids) {
    const [p, q, r, s] = ids.map((id) => this.of(id));
    return dot(unit(add(q, p, -1)), unit(add(s, r, -1)));
  }

  /** The words of `from` to `to` with the largest cosines, without those in `without`. */
  nearest(direction, count, from, to, without) {
    const scores = this.products(unit(direction), from, to), best = [];
    for (let i = 0; i < scores.length; i++) {
      const last = best[best.length - 1];
      if (without.includes(from + i) || (best.length === count && scores[i] <= last.score)) continue;
      best.push({ id: from + i, score: scores[i] });
      best.sort((a, b) => b.score - a.score || a.id - b.id);
      if (best.length > count) best.pop();
    }
    return best;
  }
}

const dot = (a, b) => a.reduce((sum, one, j) => sum + one * b[j], 0);
const add = (a, b, times = 1) => a.map((one, j) => one + times * b[j]);
const unit = (a) => { const length = Math.sqrt(dot(a, a)); return length > 1e-12 ? a.map((one) => one / length) : a; };
const mean = (rows) => rows.reduce((a, b) => add(a, b)).map((one) => one / rows.length);

/** Eigenvalues (descending) and eigenvectors (as rows) of a small symmetric matrix, by Jacobi rotations. */
function eigen(matrix) {
  const n = matrix.length, a = matrix.map((row) => Array.from(row));
  const v = a.map((_, i) => a.map((__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2;
    if (off < 1e-22) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j][j] - a[i][i]);
  return { values: order.map((i) => a[i][i]), vectors: order.map((i) => v[i]) };
}

/** One Jacobi rotation, which makes a[p][q] zero. */
function rotate(a, v, p, q) {
  if (Math.abs(a[p][q]) < 1e-15) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1), s = t * c;
  for (let k = 0; k < a.length; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
  for (let k = 0; k < a.length; k++) {
    [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
    [v[p][k], v[q][k]] = [c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]];
  }
}

/** Rows minus their mean, at Frobenius norm 1; null if all rows are equal. */
function standardShape(rows) {
  const centre = mean(rows), moved = rows.map((row) => add(row, centre, -1));
  const size = Math.sqrt(moved.reduce((sum, row) => sum + dot(row, row), 0));
  return size < 1e-9 ? null : moved.map((row) => row.map((one) => one / size));
}

/**
 * Procrustes disparity of two configurations of the same words: 1 - (sum of the singular values of X'Y)^2. The singular
 * values are the square roots of the eigenvalues of A^(1/2) B A^(1/2), where A = XX' and B = YY' (Gower 1975).
 * @returns {number|null} null if all rows of x, or all rows of y, are equal
 */
function disparity(x, y) {
  const [left, right] = [standardShape(x), standardShape(y)];
  if (!left || !right) return null;
  const gram = (rows) => rows.map((one) => rows.map((other) => dot(one, other)));
  const { values, vectors } = eigen(gram(left)), b = gram(right), n = x.length;
  const root = left.map((_, i) => left.map((__, j) =>
    values.reduce((sum, value, k) => sum + Math.sqrt(Math.max(value, 0)) * vectors[k][i] * vectors[k][j], 0)));
  const times = (p, q) => p.map((row) => Array.from({ length: n }, (_, j) => row.reduce((sum, one, k) => sum + one * q[k][j], 0)));
  const product = times(times(root, b), root);
  const total = eigen(product).values.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  return Math.min(1, Math.max(0, 1 - total * total));
}
