/** `transformers`: opens a model with Transformers.js. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { importPeer } from '../peer.ts';
import { folderOf, type ModelSource } from './model-files.ts';

/** What every pipeline of Transformers.js is. Its own types, for example `FeatureExtractionPipeline`, can be given instead. */
export type TransformersPipeline = (input: unknown, options?: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  pipeline(task: string, model: string, options: Readonly<Record<string, unknown>>): Promise<TransformersPipeline>;
}

/**
 * Opens a model as Hugging Face lays one out, with its tokenizer, for a task. What is missing in the folder is an error:
 * from here on Transformers.js fetches nothing in this process. Needs the package `@huggingface/transformers`.
 *
 * @typeParam Pipeline the pipeline of the task, for example `FeatureExtractionPipeline` of `@huggingface/transformers`.
 * @param task for example `feature-extraction`.
 * @param options those of `pipeline` of Transformers.js, for example `{ dtype: 'q8' }`.
 * @example
 * ```ts
 * @model(huggingFace('Xenova/all-MiniLM-L6-v2')) weights!: string;
 * #extract!: TransformersPipeline;
 * @onStartup async load() { this.#extract = await transformers(this.weights, 'feature-extraction'); }
 * ```
 * @throws ServiceError `PEER_MISSING`, `MODEL_FILE_MISSING`; errors of Transformers.js pass as they are.
 */
export async function transformers<Pipeline = TransformersPipeline>(
  model: ModelSource,
  task: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Pipeline> {
  const loader = 'transformers(…)';
  const library = await importPeer<Transformers>(packageName, `the loader ${loader}`, () => import(packageName));
  const folder = folderOf(model);
  if (!existsSync(join(folder, 'config.json'))) {
    throw new ServiceError('MODEL_FILE_MISSING', { loader, place: folder, problem: 'it has no file config.json' });
  }
  library.env.allowRemoteModels = false; // its own option does not keep it from asking the hub for what is missing
  library.env.localModelPath = dirname(folder); // which it puts before every name
  const pipeline = await library.pipeline(task, basename(folder), { ...options, local_files_only: true });
  return pipeline as Pipeline; // the caller names the type of what this package gives
}

// As a value, so that whoever does not have the package can compile.
const packageName: string = '@huggingface/transformers';
