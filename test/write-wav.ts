/** Writes WAV files for tests: https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html */

/** How a file says that it is written. */
export interface WavOptions {
  readonly rate: number;
  /** @default 1 */
  readonly channels?: number;
  /** 1 is PCM, 3 is float. @default 1 */
  readonly kind?: number;
  /** @default 16 */
  readonly bits?: number;
  /** Whether the kind stands in the extension of the format, as for more than 16 bits or 2 channels it may. */
  readonly isExtensible?: boolean;
  /** Chunks before the sound, whole. */
  readonly before?: readonly Buffer[];
  /** What the file says of its bytes of sound. @default how many there are */
  readonly size?: number;
}

/** A file with samples from -1 to 1, of all channels in turn. */
export function writeWav(samples: ArrayLike<number>, options: WavOptions): Buffer {
  const { rate, channels = 1, kind = 1, bits = 16, isExtensible = false, before = [] } = options;
  const sampleBytes = bits / 8;
  const format = Buffer.alloc(isExtensible ? 40 : 16);
  format.writeUInt16LE(isExtensible ? 0xfffe : kind, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE(rate * channels * sampleBytes, 8);
  format.writeUInt16LE(channels * sampleBytes, 12);
  format.writeUInt16LE(bits, 14);
  if (isExtensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(kind, 24);
  }
  const sound = Buffer.alloc(samples.length * sampleBytes);
  for (let index = 0; index < samples.length; index++)
    writeSample(sound, index * sampleBytes, samples[index] ?? 0, kind, bits);
  const chunks = [chunk('fmt ', format), ...before, chunk('data', sound, options.size)];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

/** A chunk, padded to an even length. */
export function chunk(name: string, content: Buffer, size = content.length): Buffer {
  const head = Buffer.from(`${name}....`, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function writeSample(to: Buffer, at: number, value: number, kind: number, bits: number): void {
  if (kind === 3) {
    if (bits === 64) to.writeDoubleLE(value, at);
    else to.writeFloatLE(value, at);
    return;
  }
  const scaled = Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, Math.round(value * 2 ** (bits - 1))));
  if (bits === 8) to.writeUInt8(scaled + 128, at);
  else to.writeIntLE(scaled, at, bits / 8);
}
