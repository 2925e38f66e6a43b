/** The name of a file in `Content-Disposition`, RFC 6266 and RFC 8187. */

/** The name that a server gave, without any folder: whoever saves the file may put it where the name says. */
export function parseFileName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const given = readExtended(header) ?? readPlain(header);
  const name = given
    ?.split(/[/\\]/)
    .at(-1)
    ?.replace(/\p{Cc}/gu, '');
  return name === '' || name === '.' || name === '..' ? undefined : name;
}

function readExtended(header: string): string | undefined {
  const [, encoded] = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // the plain one may be there, too
  }
}

function readPlain(header: string): string | undefined {
  const [, quoted, bare] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? bare;
}
