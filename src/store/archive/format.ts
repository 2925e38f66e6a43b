/** The formats that items are exported in, and what a file of each is called. */
import { ServiceError } from '../../errors.ts';

/** How files are packed into one. */
export type ArchiveFormat = 'tar' | 'gz' | 'zst' | 'xz' | 'zip';

/** What an export can be asked for: `bento` and `bentomodel` are BentoML's own, a tar in the frame of xz. */
export type ExportFormat = ArchiveFormat | 'bento' | 'bentomodel' | 'folder';

const endings: Readonly<Record<string, ArchiveFormat>> = {
  tar: 'tar',
  gz: 'gz',
  tgz: 'gz',
  zst: 'zst',
  xz: 'xz',
  zip: 'zip',
};

const formats: readonly string[] = ['bento', 'bentomodel', 'folder', 'gz', 'tar', 'xz', 'zip', 'zst'];

/** How the files of a format end. */
export function endingOf(format: Exclude<ExportFormat, 'folder'>): string {
  return ['gz', 'zst', 'xz'].includes(format) ? `tar.${format}` : format;
}

/** How the bytes of a format are packed. */
export function packingOf(format: Exclude<ExportFormat, 'folder'>): ArchiveFormat {
  return format === 'bento' || format === 'bentomodel' ? 'xz' : format;
}

/**
 * The format that was asked for, or that the end of a path means, else the item's own.
 * @throws ServiceError `OPTION_INVALID`
 */
export function toFormat(asked: string | undefined, path: string, own: 'bento' | 'bentomodel'): ExportFormat {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const seen = asked ?? (ending === 'bz2' ? ending : (endings[ending] ?? own));
  const isOther = seen === (own === 'bento' ? 'bentomodel' : 'bento');
  if (formats.includes(seen) && !isOther) return seen as ExportFormat; // it is one of the list
  const wanted = `one of ${formats.filter((format) => format !== (own === 'bento' ? 'bentomodel' : 'bento')).join(', ')}`;
  throw new ServiceError('OPTION_INVALID', { where: 'export', name: 'format', seen: JSON.stringify(seen), wanted });
}
