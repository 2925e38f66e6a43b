/** Where an archive is: on a disk, or in an object store. */
import { fileURLToPath } from 'node:url';
import { ServiceError } from '../../errors.ts';
import { parseS3, type S3Place } from './s3.ts';

/** A path, or an address. */
export type ArchivePlace =
  | { readonly kind: 'disk'; readonly path: string }
  | { readonly kind: 's3'; readonly place: S3Place };

/**
 * Reads a path, a `file://` URL or an `s3://` address.
 * @throws ServiceError `ARCHIVE_INVALID` for other URLs.
 */
export function parsePlace(text: string): ArchivePlace {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) return { kind: 'disk', path: text };
  const refuse = (problem: string, cause?: unknown) =>
    // Addresses of many kinds have passwords in them.
    new ServiceError('ARCHIVE_INVALID', { archive: `${scheme}://…`, problem }, { cause });
  const place = parseS3(text);
  if (place) return { kind: 's3', place };
  if (scheme.toLowerCase() !== 'file') throw refuse('only paths, file:// and s3:// are taken; copy it to a disk first');
  try {
    return { kind: 'disk', path: fileURLToPath(text) };
  } catch (cause) {
    throw refuse(`it is no path of this machine (${(cause as Error).message})`, cause);
  }
}
