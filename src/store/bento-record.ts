/** `bento.yaml`: what is known of a bento, as BentoML writes it. */
import { Tag } from '../tag.ts';
import { isMap, type MarkerRows, readInstant, readList, readMap, readRows, readText } from './marker.ts';
import { parseYaml } from './python-yaml.ts';
import type { StoreKind, StoreRecord } from './store.ts';

/** A model that a bento needs. */
export interface BentoModel {
  readonly tag: Tag;
  /** Where it is kept: `bentoml` in the store, `huggingface` on the hub. */
  readonly registry: string;
  readonly alias: string | undefined;
}

/** What `bento.yaml` says. */
export interface BentoRecord extends StoreRecord {
  /** How the service is imported. */
  readonly service: string;
  /** Of the program that built it. */
  readonly bentomlVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of all of its services, each one once. */
  readonly models: readonly BentoModel[];
  /** All that the file says, also what is not known here. */
  readonly document: Readonly<Record<string, unknown>>;
}

export const bentoKind: StoreKind<BentoRecord> = {
  noun: 'bento',
  folder: 'bentos',
  marker: 'bento.yaml',
  extension: 'bento',
  remedy: 'build or import it first',
  parse: parseBento,
};

function parseBento(text: string): BentoRecord {
  const rows = readRows(parseYaml(text));
  const labels = Object.entries(readMap(rows, 'labels')).map(([key, value]) => [key, String(value)]);
  return {
    tag: new Tag(readText(rows, 'name'), readText(rows, 'version')),
    ...readInstant(rows),
    service: readText(rows, 'service'),
    bentomlVersion: readText(rows, 'bentoml_version', ''),
    labels: Object.fromEntries(labels),
    models: readModels(rows),
    document: rows,
  };
}

/** Those of the whole bento, overlaid by those of its services. */
function readModels(rows: MarkerRows): readonly BentoModel[] {
  const lists = [rows, ...readList(rows, 'services').filter(isMap)].map((one) => readList(one, 'models'));
  const models = new Map<string, BentoModel>();
  for (const entry of lists.flat()) {
    const row: MarkerRows = isMap(entry) ? entry : { tag: entry }; // before 1.0 it was the tag alone
    const tag = Tag.parse(readText(row, 'tag'));
    const alias = readText(row, 'alias', '');
    models.set(String(tag), {
      tag,
      registry: readText(row, 'registry', 'bentoml'),
      alias: alias === '' ? undefined : alias,
    });
  }
  return [...models.values()];
}
