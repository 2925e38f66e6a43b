/** A file that a request brings, as the parcel that io types of files take. */
import { ServiceError } from '../../errors.ts';
import type { FileFields } from '../../io/file.ts';
import type { FileContent } from '../../io/file-content.ts';

interface GivenFile {
  readonly content: FileContent;
  /** As the caller said it, without parameters. */
  readonly mediaType: string;
  readonly name: string | undefined;
}

/**
 * Makes the parcel.
 * @throws ServiceError `MALFORMED_BODY` for a name that no file has.
 */
export function toFilePart({ content, mediaType, name }: GivenFile): unknown {
  const type = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(mediaType) ? mediaType : 'application/octet-stream';
  return [/file/, { content, type, name: name === undefined ? undefined : toFileName(name) } satisfies FileFields];
}

const longestName = 255; // characters, as in JSON

/** The last part of a path, whatever system it is of: an author may put the file where its name says. */
function toFileName(path: string): string | undefined {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    throw new ServiceError('MALFORMED_BODY', {
      problem: `the file name ${JSON.stringify(name.slice(0, 40))} has control characters; send another one`,
    });
  }
  if (name.length > longestName) {
    const problem = `a file name has ${name.length} characters; send one of at most ${longestName}`;
    throw new ServiceError('MALFORMED_BODY', { problem });
  }
  return name === '' || name === '.' || name === '..' ? undefined : name;
}
