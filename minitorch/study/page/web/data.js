// The numbers of the trace: decoded when they are looked at.

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** A float16, which has no array type everywhere, from its bits. */
function halfNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> 10;
  const rest = bits & 0x3ff;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? 2 ** -14 * (rest / 1024) : 2 ** (exponent - 15) * (1 + rest / 1024));
}

/** An array of numbers in a shape: what the views below show. */
class Numbers {
  constructor(shape, dtype, data) {
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
    this.size = size(shape);
  }

  number(index) {
    return Number(this.data[index]);
  }

  text(index) {
    return typeof this.data[index] === "bigint" ? String(this.data[index]) : exactText(this.data[index], this.dtype);
  }

  short(index) {
    return typeof this.data[index] === "bigint" ? String(this.data[index]) : shortText(this.data[index], this.dtype, 5);
  }
}

const decoded = new Map();

/** The numbers of a value, or of the sample where the whole was left out; null where there are none. */
function numbersOf(id) {
  if (!decoded.has(id)) decoded.set(id, decode(values[id]));
  return decoded.get(id);
}

/** Base64 as bytes; megabytes of it are worth the loop. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = letters.charCodeAt(index);
  return bytes;
}

async function decode(value) {
  const text = value.data ?? value.sample?.data;
  const shape = value.data === null || value.data === undefined ? value.sample?.shape : value.shape;
  if (text === undefined || text === null || !shape) return null;
  const packed = bytesOf(text);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  if (value.dtype === "float16")
    return new Numbers(shape, value.dtype, Float32Array.from(new Uint16Array(buffer), halfNumber));
  const type = ARRAYS[value.dtype];
  return type ? new Numbers(shape, value.dtype, new type(buffer)) : null;
}
