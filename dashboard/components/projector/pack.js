// The binary pack of points; `dashboard/components/projector/pack.py` writes it and describes it.

const MAGIC = 0x3150524d; // "MRP1"
const HEADER_BYTES = 16;

/** {count, xy: Float32Array, classes: Uint8Array, key(i)} of a pack; throws where the bytes are no pack. */
export function readPack(buffer) {
  const header = buffer.byteLength >= HEADER_BYTES ? new Uint32Array(buffer, 0, 4) : [];
  const [magic, count, keyBytes] = header;
  if (magic !== MAGIC || buffer.byteLength !== HEADER_BYTES + 8 * count + 4 * (count + 1) + count + keyBytes) {
    throw new Error("The server's answer is no pack of points.");
  }
  const offsetsAt = HEADER_BYTES + 8 * count;
  const classesAt = offsetsAt + 4 * (count + 1);
  const offsets = new Uint32Array(buffer, offsetsAt, count + 1);
  const keys = new Uint8Array(buffer, classesAt + count, keyBytes);
  const decoder = new TextDecoder();
  return {
    count,
    xy: new Float32Array(buffer, HEADER_BYTES, 2 * count),
    classes: new Uint8Array(buffer, classesAt, count),
    key: (i) => decoder.decode(keys.subarray(offsets[i], offsets[i + 1])),
  };
}
