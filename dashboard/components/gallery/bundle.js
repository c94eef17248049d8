// Reading what dashboard/packs.py writes: a JSON head and typed arrays, viewed in place.

const MAGIC = 0x4b50524d; // "MRPK" read as a little-endian number
const FORMAT = 3;
const HEAD_BYTES = 16;
const VIEWS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array };

/** `{head, arrays}` of an ArrayBuffer or Uint8Array; throws an Error that says what is wrong with it. */
export function readBundle(content) {
  const buffer = aligned(content);
  const view = new DataView(buffer);
  if (buffer.byteLength < HEAD_BYTES || view.getUint32(0, true) !== MAGIC) throw new Error("This is not a pack.");
  const format = view.getUint32(4, true);
  if (format !== FORMAT) throw new Error(`The pack has format ${format}; this page reads format ${FORMAT}. Reload it.`);
  const first = HEAD_BYTES + view.getUint32(8, true);
  const { arrays: places, ...head } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, HEAD_BYTES, first - HEAD_BYTES)));
  const arrays = {};
  for (const [name, [type, start, length]] of Object.entries(places)) {
    arrays[name] = new VIEWS[type](buffer, first + start, length);
  }
  return { head, arrays };
}

// Typed arrays need their own alignment, which a slice of a larger message need not have.
function aligned(content) {
  if (content instanceof ArrayBuffer) return content;
  const whole = content.byteOffset === 0 && content.byteLength === content.buffer.byteLength;
  return whole ? content.buffer : content.slice().buffer;
}
