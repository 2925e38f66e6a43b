/** `llama`: opens a model with llama.cpp. */
import { importPeer } from '../peer.ts';
import { findModelFile, type ModelSource } from './model-files.ts';

/** What of a model of node-llama-cpp is most used. Its own type, `LlamaModel`, can be given instead. */
export interface LoadedLlama {
  createContext(options?: Readonly<Record<string, unknown>>): Promise<unknown>;
  dispose(): Promise<void>;
}

/** What {@link llama} may be told; the rest are options of `loadModel` of node-llama-cpp itself. */
export interface LlamaOptions {
  /** Path of the file in the model; of one in several pieces the first. @default the only one that ends with `.gguf` */
  readonly file?: string;
  /** Where it computes. @default what node-llama-cpp finds */
  readonly gpu?: 'auto' | 'cuda' | 'metal' | 'vulkan' | false;
  readonly [option: string]: unknown;
}

interface NodeLlamaCpp {
  getLlama(options: Readonly<Record<string, unknown>>): Promise<{
    loadModel(options: Readonly<Record<string, unknown>>): Promise<LoadedLlama>;
  }>;
}

/**
 * Opens a model in the format GGUF. Needs the package `node-llama-cpp`, of which only what is built already is used:
 * nothing is compiled when a service starts.
 *
 * @typeParam Loaded `LlamaModel` of `node-llama-cpp`, where more of it is used than {@link LoadedLlama} says.
 * @example
 * ```ts
 * @model(huggingFace('org/name-GGUF', { include: ['*q4_k_m.gguf'] })) weights!: string;
 * #llama!: LoadedLlama;
 * @onStartup async load() { this.#llama = await llama(this.weights); }
 * ```
 * @throws ServiceError `PEER_MISSING`, `MODEL_FILE_MISSING`; errors of node-llama-cpp pass as they are.
 */
export async function llama<Loaded = LoadedLlama>(model: ModelSource, options: LlamaOptions = {}): Promise<Loaded> {
  const { file, gpu = 'auto', ...rest } = options;
  const modelPath = findModelFile(model, { loader: 'llama(…)', extension: '.gguf', usual: ['model.gguf'], file });
  const { getLlama } = await importPeer<NodeLlamaCpp>(packageName, 'the loader llama(…)', () => import(packageName));
  const runtime = await getLlama({ gpu, build: 'never' });
  return (await runtime.loadModel({ ...rest, modelPath })) as Loaded; // the caller names the type of what this package gives
}

// As a value, so that whoever does not have the package can compile.
const packageName: string = 'node-llama-cpp';
