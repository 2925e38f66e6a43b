/** Loads what only some bodies and answers need, with the first of them. */
import type { LibraryName } from '../io/libraries.ts';
import { importPeer } from '../peer.ts';

const loaders: Readonly<Record<LibraryName, () => Promise<unknown>>> = {
  'csv-parse': () => import('csv-parse/sync'),
  'apache-arrow': () => importPeer('apache-arrow', 'a table as Arrow', () => import('apache-arrow')),
};

/** @throws ServiceError `PEER_MISSING` */
export function loadLibrary(name: LibraryName): Promise<unknown> {
  return loaders[name]();
}
