// The page's data: base64, then gzip, then a header in JSON and typed arrays (see align/explore/payload.py).

/** @param {string} text base64 @returns {Uint8Array} */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** @param {Uint8Array} block @returns {Promise<{document: object, arrays: Object<string, {data: ArrayLike<number>, shape: number[]}>}>} */
async function unpack(block) {
  const stream = new Blob([block]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const kinds = { Uint8Array, Uint16Array, Uint32Array, Float32Array };
  const arrays = {};
  for (const [name, { kind, shape, offset }] of Object.entries(header.arrays)) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { data: new kinds[kind](buffer, 4 + length + offset, size), shape };
  }
  return { document: header.document, arrays };
}
