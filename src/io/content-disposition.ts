/** `Content-Disposition`: how a file is named, and whether it is shown or saved (RFC 6266). */

/**
 * The header of an answer that is a file. Pictures are shown, but for SVG: shown in the origin of the service, what a
 * caller has sent could run scripts there.
 */
export function toDisposition(type: string, name: string | undefined): string {
  const [mediaType = ''] = type.toLowerCase().split(';', 1);
  const isShown = mediaType.startsWith('image/') && mediaType.trim() !== 'image/svg+xml';
  const kind = isShown ? 'inline' : 'attachment';
  if (name === undefined) return kind;
  const encoded = encodeName(name);
  return encoded === name ? `${kind}; filename="${name}"` : `${kind}; filename*=utf-8''${encoded}`; // as the reference does
}

/** The file name in such a header as it was sent: who uses it takes out what no file of theirs may be called. */
export function readDisposition(header: string): string | undefined {
  return readExtended(header) ?? readPlain(header); // RFC 6266 section 4.3: the form with a star goes first
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

/** RFC 8187 section 3.2. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
