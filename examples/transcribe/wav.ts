/**
 * Reads WAV files: PCM of 8, 16, 24 or 32 bits, and numbers of 32 or 64 bits, with any number of channels.
 *
 * @see http://www-mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
import { ApiError } from 'bentots';
import type { Audio } from './audio.ts';

/** The longest recording that is read, in seconds. */
const longest = 600;

/** Samples a second; telephones have the least, and 384,000 is more than studios use. */
const rates = { least: 8_000, most: 384_000 };

/** Reads a file and mixes its channels to one. @throws ApiError if it is no such file, is damaged or too long. */
export function readWav(bytes: Uint8Array): Audio {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = findChunks(file);
  if (!chunks.format || !chunks.data) throw unreadable(`it has no chunk ${chunks.format ? '"data"' : '"fmt "'}`);
  const format = readFormat(chunks.format);
  const frameBytes = format.channels * format.sampleBytes;
  const frames = Math.floor(chunks.data.byteLength / frameBytes);
  if (frames === 0) throw unreadable('it has no samples');
  const seconds = frames / format.rate;
  if (seconds > longest)
    throw new ApiError(
      413,
      `the recording has ${Math.ceil(seconds)} seconds, and at most ${longest} are read; cut it`,
      {
        code: 'AUDIO_TOO_LONG',
      },
    );
  return { samples: mix(chunks.data, format, frames), rate: format.rate };
}

interface Format {
  readonly channels: number;
  readonly rate: number;
  readonly sampleBytes: number;
  /** Reads one sample. */
  readonly sampleAt: (data: DataView, at: number) => number;
}

interface Chunks {
  readonly format?: DataView;
  readonly data?: DataView;
}

function findChunks(file: DataView): Chunks {
  if (file.byteLength < 12 || wordAt(file, 0) !== 'RIFF' || wordAt(file, 8) !== 'WAVE')
    throw unreadable('it does not begin like one; convert it, for example with: ffmpeg -i in.mp3 out.wav');
  let format: DataView | undefined;
  for (let at = 12; at + 8 <= file.byteLength; ) {
    const start = at + 8;
    const end = start + file.getUint32(at + 4, true);
    const name = wordAt(file, at);
    if (name === 'data') return { ...(format && { format }), data: dataChunk(file, start, end) };
    if (end > file.byteLength) break;
    if (name === 'fmt ') format = view(file, start, end);
    at = end + (end % 2); // chunks begin at even places
  }
  return format ? { format } : {};
}

/** What writes to a pipe does not know how much will come, and says 0 or 4 GiB: then it is all that is there. */
function dataChunk(file: DataView, start: number, end: number): DataView {
  const isOpen = end === start || end === start + 0xffff_ffff;
  if (!isOpen && end > file.byteLength)
    throw unreadable(`it ends after ${file.byteLength - start} of ${end - start} bytes of sound`);
  return view(file, start, isOpen ? file.byteLength : end);
}

const kinds = { pcm: 1, float: 3, extensible: 0xfffe } as const;

function readFormat(chunk: DataView): Format {
  if (chunk.byteLength < 16) throw unreadable('its chunk "fmt " is too short');
  const named = chunk.getUint16(0, true);
  // The extensible form says later, in the first two bytes of a GUID, what it holds.
  const kind = named === kinds.extensible && chunk.byteLength >= 26 ? chunk.getUint16(24, true) : named;
  const [channels, rate, bits] = [chunk.getUint16(2, true), chunk.getUint32(4, true), chunk.getUint16(14, true)];
  const sampleAt = readers[`${kind}/${bits}`];
  if (!sampleAt) throw unreadable(`its samples are of kind ${kind} with ${bits} bits, and wanted is PCM or float`);
  if (channels === 0) throw unreadable('it has no channels');
  if (rate < rates.least || rate > rates.most)
    throw unreadable(`it has ${rate} samples a second, and wanted are ${rates.least} to ${rates.most}`);
  return { channels, rate, sampleBytes: bits / 8, sampleAt };
}

/** By kind and bits, how a sample is read as a number from -1 to 1. */
const readers: Readonly<Record<string, (data: DataView, at: number) => number>> = {
  [`${kinds.pcm}/8`]: (data, at) => data.getUint8(at) / 2 ** 7 - 1, // the only one without a sign
  [`${kinds.pcm}/16`]: (data, at) => data.getInt16(at, true) / 2 ** 15,
  [`${kinds.pcm}/24`]: (data, at) => (data.getUint8(at) + data.getInt16(at + 1, true) * 2 ** 8) / 2 ** 23,
  [`${kinds.pcm}/32`]: (data, at) => data.getInt32(at, true) / 2 ** 31,
  [`${kinds.float}/32`]: (data, at) => finite(data.getFloat32(at, true)),
  [`${kinds.float}/64`]: (data, at) => finite(data.getFloat64(at, true)),
};

/** Numbers may be anything; what is not one is silence, and what is too loud is cut. */
function finite(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value));
}

function mix(data: DataView, { channels, sampleBytes, sampleAt }: Format, frames: number): Float32Array {
  const samples = new Float32Array(frames);
  for (let frame = 0, at = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += sampleBytes) sum += sampleAt(data, at);
    samples[frame] = sum / channels;
  }
  return samples;
}

function wordAt(file: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => file.getUint8(at + index)));
}

function view({ buffer, byteOffset }: DataView, start: number, end: number): DataView {
  return new DataView(buffer, byteOffset + start, end - start);
}

function unreadable(problem: string): ApiError {
  return new ApiError(422, `the recording cannot be read as a WAV file: ${problem}`, { code: 'AUDIO_UNREADABLE' });
}
