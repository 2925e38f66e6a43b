/** The door `bentots/build`: building bentos from a program. */
export { isServiceError, ServiceError } from '../errors.ts';
export { type BuildOptions, type BuildResult, build } from '../gateway/build.ts';
export type { BentoRecord } from '../store/bento-record.ts';
export type { Bento } from '../store/bentos.ts';
export { Tag } from '../tag.ts';
