/** Loads what only some bodies and answers need, with the first of them. */
import type { Libraries } from '../io/libraries.ts';
import { importPeer } from '../peer.ts';

const loaders: { readonly [Name in keyof Libraries]: () => Promise<Libraries[Name]> } = {
  'csv-parse': () => import('csv-parse/sync'),
  'apache-arrow': () => importPeer('apache-arrow', 'a table as Arrow', () => import('apache-arrow')),
};

/** @throws ServiceError `PEER_MISSING` */
export function loadLibrary(name: keyof Libraries): Promise<unknown> {
  return loaders[name]();
}
