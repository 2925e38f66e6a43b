/** Says of a layer on the disk how it is packed: archives of docker do not tell. */
import { mediaTypes } from '../../registry/manifest.ts';
import { readStart } from '../../store/archive/read-archive.ts';

/** Its type, by what it begins with. */
export async function layerTypeOf(file: string): Promise<string> {
  const start = (await readStart(file)).toString('hex');
  if (start.startsWith('1f8b')) return mediaTypes.layer;
  return start.startsWith('28b52ffd') ? `${mediaTypes.plainLayer}+zstd` : mediaTypes.plainLayer;
}
