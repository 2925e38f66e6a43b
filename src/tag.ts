/** `name:version`: how a model or a bento is called in a store, parsed and printed. */
import { randomBytes } from 'node:crypto';
import { ServiceError } from './errors.ts';

const longest = 63; // a DNS label, as BentoML: spec of Kubernetes names
const component = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/** The version that no item has: it stands for the newest one. */
const latest = 'latest';

/** The name of a model or a bento, with a version or without one. It never changes; letters are lower case. */
export class Tag {
  readonly name: string;
  /** Undefined where any, or the newest, is meant. */
  readonly version: string | undefined;

  /** @throws ServiceError `TAG_INVALID` saying what is wrong with which part. */
  constructor(name: string, version?: string) {
    const seen = version === undefined ? String(name) : `${name}:${version}`;
    this.name = toComponent('name', name, seen);
    this.version = version === undefined ? undefined : toComponent('version', version, seen);
    Object.freeze(this);
  }

  /**
   * Reads `name` or `name:version`; a tag is given back as it is.
   * @throws ServiceError `TAG_INVALID`
   */
  static parse(text: string | Tag): Tag {
    if (text instanceof Tag) return text;
    if (typeof text !== 'string') throw refuse(String(text), 'it is no text; write name or name:version');
    const colon = text.indexOf(':');
    if (colon === -1) return new Tag(text);
    if (colon === text.length - 1) {
      throw refuse(text, `there is no version behind the colon; leave it out, or write ${text}${latest}`);
    }
    return new Tag(text.slice(0, colon), text.slice(colon + 1));
  }

  /** Whether it names no version, or asks for the newest. */
  get isLatest(): boolean {
    return this.version === undefined || this.version === latest;
  }

  /** The same name with another version. @throws ServiceError `TAG_INVALID` */
  withVersion(version: string): Tag {
    return new Tag(this.name, version);
  }

  /** Whether both parts are equal; `a` is not `a:latest`. */
  equals(other: Tag): boolean {
    return this.name === other.name && this.version === other.version;
  }

  /** As a path in a store, with a slash on every system. */
  toPath(): string {
    return this.version === undefined ? this.name : `${this.name}/${this.version}`;
  }

  toString(): string {
    return this.version === undefined ? this.name : `${this.name}:${this.version}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Orders tags by name, then by version as text; a tag without a version goes first. */
export function compareTags(a: Tag, b: Tag): number {
  const [left, right] = a.name === b.name ? [a.version ?? '', b.version ?? ''] : [a.name, b.name];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether a text is a name or a version as it stands, without being changed. */
export function isTagPart(text: string): boolean {
  return text.length <= longest && component.test(text);
}

/**
 * A version that nothing else has: 16 characters of `a-z2-7`. As BentoML's it is the first and the last bytes of a
 * UUID of version 1 in base 32, which is not in the order of time.
 *
 * @param nowMs milliseconds since 1970.
 * @param random four bytes by which versions of one moment differ.
 */
export function makeVersion(nowMs: number, random: Uint8Array = randomBytes(4)): string {
  const ticks = BigInt(Math.floor(nowMs)) * 10_000n + ticksTo1970; // of 100 ns
  const bytes = Uint8Array.of(
    ...[24n, 16n, 8n, 0n, 40n, 32n].map((shift) => Number((ticks >> shift) & 0xffn)),
    ...random.subarray(0, 4).map((byte, at) => (at === 0 ? (byte & 0x3f) | 0x80 : byte)),
  );
  return toBase32(bytes);
}

const ticksTo1970 = 0x01b21dd213814000n; // from 1582-10-15, where UUIDs begin: RFC 9562, section 5.1

/** RFC 4648, section 6, in lower case; the length must be a multiple of five bytes, so that nothing is filled up. */
function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('');
}

/** The name of the bento of a service that says none, for example `llm_service` for `LLMService`. */
export function toBentoName(serviceName: string): string {
  const snake = serviceName.replace(/[A-Z]+(?=[a-z0-9])/g, (run) => {
    const last = run.slice(-1).toLowerCase();
    return run.length === 1 ? `_${last}` : `_${run.slice(0, -1).toLowerCase()}_${last}`;
  });
  return snake.replace(/^_+/, '').toLowerCase();
}

function toComponent(part: 'name' | 'version', text: string, seen: string): string {
  if (typeof text !== 'string' || text === '') throw refuse(seen, `its ${part} is empty`);
  const lower = text.toLowerCase();
  const problems = [
    ...(lower.length > longest ? [`its ${part} has ${lower.length} characters, of which ${longest} are allowed`] : []),
    ...(component.test(lower) || lower.length === 0
      ? []
      : [`its ${part} must have only a-z, 0-9, ".", "_" and "-", and begin and end with a letter or a digit`]),
  ];
  if (problems.length > 0) throw refuse(seen, problems.join(', and '));
  return lower;
}

function refuse(seen: string, problem: string): ServiceError<'TAG_INVALID'> {
  const shown = seen.length > 200 ? `${seen.slice(0, 200)}…` : seen;
  return new ServiceError('TAG_INVALID', { tag: JSON.stringify(shown), problem });
}
