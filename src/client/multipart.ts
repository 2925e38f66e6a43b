/** Arguments that are files → a `multipart/form-data` body, as servers of both languages take it. */
import { escapeName } from '../io/form-data.ts';
import { isImageFile } from '../io/image.ts';

/** A file as a part, or the address from which the server shall fetch it. */
export type Upload = { readonly content: Blob; readonly name: string } | { readonly url: string };

/** What can be uploaded; `undefined` for everything else. */
export function toUpload(value: unknown): Upload | undefined {
  if (value instanceof URL) return { url: value.href };
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? { url: value } : undefined;
  if (value instanceof File) return { content: value, name: value.name || 'file' };
  if (value instanceof Blob) return { content: value, name: 'file' };
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    return { content: new Blob([value as Uint8Array<ArrayBuffer>]), name: 'file' }; // a Blob takes shared memory, too
  }
  if (!isImageFile(value)) return undefined;
  const { bytes, type, name = `image.${type.slice('image/'.length)}` } = value;
  return { content: new Blob([bytes], { type }), name };
}

/** One field of a form. */
export interface FormField {
  readonly name: string;
  readonly value: Upload | { readonly text: string };
}

/** A form, ready to be sent; the bytes of files are read only when it is. */
export function toForm(fields: readonly FormField[]): { readonly contentType: string; readonly content: Blob } {
  const boundary = `bentots-${crypto.randomUUID()}`; // 122 bits of chance: no file contains them
  const isFile = ({ value }: FormField) => 'content' in value;
  const ordered = [...fields.filter((field) => !isFile(field)), ...fields.filter(isFile)]; // what is small goes first
  const parts = ordered.flatMap(({ name, value }): BlobPart[] => {
    const start = `--${boundary}\r\ncontent-disposition: form-data; name="${escapeName(name)}"`;
    if ('text' in value) return [`${start}\r\n\r\n${value.text}\r\n`];
    if ('url' in value) return [`${start}\r\n\r\n${value.url}\r\n`];
    const type = value.content.type || 'application/octet-stream';
    const head = `${start}; filename="${escapeName(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`;
    return [head, value.content, '\r\n'];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    content: new Blob([...parts, `--${boundary}--\r\n`]),
  };
}
