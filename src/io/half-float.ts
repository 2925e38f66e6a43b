/** Numbers ↔ the 16 bits of IEEE 754 binary16, for platforms whose typed arrays do not know them. */

const buffer = new DataView(new ArrayBuffer(4));

/** The nearest number of 16 bits, ties to even; out of range is infinite. */
export function toHalf(value: number): number {
  buffer.setFloat32(0, value);
  const bits = buffer.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const shifted = exponent - 112; // the exponent's bias is 127 there and 15 here
  if (shifted >= 31) return sign | 0x7c00;
  if (shifted <= 0) return shifted < -10 ? sign : sign | roundAway(fraction | 0x800000, 14 - shifted);
  return sign | roundAway((shifted << 23) | fraction, 13);
}

/** Cuts bits off, rounding to the nearest and ties to even; a carry goes into the exponent, as it should. */
function roundAway(bits: number, cut: number): number {
  const kept = bits >>> cut;
  const rest = bits & ((1 << cut) - 1);
  const middle = 1 << (cut - 1);
  return rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The number that 16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
