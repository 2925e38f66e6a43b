/** Remembers which items of the stores are in which registries, so that nothing is fetched or sent in vain. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest, parseReference, printReference } from '../../registry/reference.ts';
import { isTagPart, Tag } from '../../tag.ts';
import { replaceFile } from '../replace-file.ts';

/** An item that was pushed or pulled. */
export interface KnownItem {
  /** In full, with a tag or with a digest. */
  readonly reference: string;
  /** What the reference meant then. */
  readonly digest: string;
  readonly noun: 'model' | 'bento';
  readonly tag: Tag;
  /** As in its marker: another item may have the tag by now. */
  readonly creationTime: string;
}

/** What is remembered in a home. */
export interface KnownItems {
  /** At once, for whoever cannot wait. */
  find(reference: string): KnownItem | undefined;
  /** Repositories of a registry that have an item. */
  repositoriesOf(registry: string, tag: string): Promise<readonly string[]>;
  /** Remembers it by its reference, and by its digest. */
  note(item: KnownItem): Promise<void>;
}

const most = 10_000; // read to find repositories; more are no help

/** Opens what is remembered; files that are broken are as if they were not there. */
export function openKnownItems(home: string): KnownItems {
  const folder = join(home, 'registries');
  const fileOf = (reference: string) => join(folder, `${createHash('sha256').update(reference).digest('hex')}.json`);
  return {
    find(reference) {
      try {
        return parse(readFileSync(fileOf(reference), 'utf8'));
      } catch {
        return undefined;
      }
    },
    async repositoriesOf(registry, tag) {
      const names = (await readdir(folder).catch(() => [])).slice(0, most);
      const items = await Promise.all(
        names.map(async (name) => parse(await readFile(join(folder, name), 'utf8').catch(() => ''))),
      );
      const found = items
        .filter((item) => String(item?.tag) === tag)
        .flatMap((item) => (item ? parseReference(item.reference) : []));
      return [...new Set(found.filter((one) => one.registry === registry).map(({ repository }) => repository))];
    },
    async note(item) {
      await mkdir(folder, { recursive: true });
      const byDigest = printReference({ ...parseReference(item.reference), tag: undefined, digest: item.digest });
      for (const reference of new Set([item.reference, byDigest])) {
        await replaceFile(fileOf(reference), JSON.stringify({ ...item, reference }));
      }
    },
  };
}

function parse(text: string): KnownItem | undefined {
  try {
    const { reference, digest, noun, tag, creationTime } = JSON.parse(text);
    const [name = '', version = ''] = String(tag).split(':');
    const isTag = isTagPart(name) && isTagPart(version);
    const isRight = isDigest(digest) && (noun === 'model' || noun === 'bento') && typeof creationTime === 'string';
    if (!isRight || !isTag) return undefined;
    const full = printReference(parseReference(reference));
    return { reference: full, digest, noun, tag: new Tag(name, version), creationTime };
  } catch {
    return undefined;
  }
}
