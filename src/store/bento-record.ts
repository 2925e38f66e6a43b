/** `bento.yaml`: what is known of a bento, as BentoML writes it. */
import { Tag } from '../tag.ts';
import { isMap, type MarkerRows, readInstant, readList, readMap, readRows, readText } from './marker.ts';
import { ownVersion, printInstant } from './own-marks.ts';
import { type Plain, parseYaml, printYaml } from './python-yaml.ts';
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

/** What can be said of a bento that is written, in the words of its file. */
export interface BentoDetails {
  /** How the service is imported. */
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Beside those of services. */
  readonly models: readonly BentoModelRow[];
  /** Name of the service that callers call. */
  readonly entryService: string;
  readonly services: readonly {
    readonly name: string;
    readonly models: readonly BentoModelRow[];
    readonly config: { readonly [key: string]: Plain };
  }[];
  readonly envs: readonly { readonly name: string; readonly value: string; readonly stage: string }[];
  readonly schema: Plain;
  readonly args: { readonly [key: string]: Plain };
  readonly image: Plain;
}

/** An entry of a list of models. */
export type BentoModelRow = { readonly [key: string]: Plain };

/** The text of a new `bento.yaml`, with all keys, in BentoML's order. */
export function printBento(tag: Tag, nowMs: number, details: BentoDetails): string {
  const services = details.services.map(({ name, models, config }) => {
    return { name, service: '', models, dependencies: [], config };
  });
  return printYaml({
    service: details.service,
    name: tag.name,
    version: String(tag.version),
    bentoml_version: ownVersion(),
    creation_time: printInstant(nowMs),
    labels: details.labels,
    models: details.models,
    entry_service: details.entryService,
    services,
    envs: details.envs,
    schema: details.schema,
    args: details.args,
    spec: 2, // with an image; before there were Docker, Python and Conda apart
    image: details.image,
  });
}

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
