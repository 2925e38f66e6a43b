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

/** RFC 8187 section 3.2. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
