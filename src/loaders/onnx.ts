/** `onnx`: opens a model with ONNX Runtime. */
import { importPeer } from '../peer.ts';
import { findModelFile, type ModelSource } from './model-files.ts';

/** What of a session of ONNX Runtime is most used. Its own type, `InferenceSession`, can be given instead. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Computes; values are those of `Tensor` of `onnxruntime-node`, by the names of the inputs. It blocks the thread. */
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** What {@link onnx} may be told; the rest are options of ONNX Runtime itself. */
export interface OnnxOptions {
  /** Path of the file in the model. @default `saved_model.onnx`, as BentoML names it, `model.onnx`, or the only one */
  readonly file?: string;
  /** Where it computes, for example `['cuda', 'cpu']`. @default what the model was saved with, else the processor */
  readonly executionProviders?: readonly unknown[];
  readonly [option: string]: unknown;
}

interface OnnxRuntime {
  readonly InferenceSession: {
    create(file: string, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>;
  };
}

/**
 * Opens a model in the format ONNX, also one that `bentoml.onnx` of Python saved. Needs the package `onnxruntime-node`.
 *
 * @typeParam Session `InferenceSession` of `onnxruntime-node`, where more of it is used than {@link OnnxSession} says.
 * @example
 * ```ts
 * @model('iris') iris!: Model;
 * #session!: OnnxSession;
 * @onStartup async load() { this.#session = await onnx(this.iris); }
 * ```
 * @throws ServiceError `PEER_MISSING`, `MODEL_FILE_MISSING`; errors of ONNX Runtime pass as they are.
 */
export async function onnx<Session = OnnxSession>(model: ModelSource, options: OnnxOptions = {}): Promise<Session> {
  const { file: wanted, ...rest } = options;
  const usual = ['saved_model.onnx', 'model.onnx', 'onnx/model.onnx'];
  const file = findModelFile(model, { loader: 'onnx(…)', extension: '.onnx', usual, file: wanted });
  const { InferenceSession } = await importPeer<OnnxRuntime>(
    packageName,
    'the loader onnx(…)',
    () => import(packageName),
  );
  const session = await InferenceSession.create(file, { ...providersOf(model), ...rest });
  return session as Session; // the caller names the type of what this package gives
}

// As a value, so that whoever does not have the package can compile.
const packageName: string = 'onnxruntime-node';

/** BentoML keeps the names that Python has for them. */
function providersOf(model: ModelSource): { readonly executionProviders?: readonly string[] } {
  const saved = typeof model === 'string' ? undefined : model.record.options.providers;
  if (!Array.isArray(saved) || model === undefined) return {};
  const names = saved.flatMap((name) => providers[String(name)] ?? []);
  return names.length === 0 ? {} : { executionProviders: names };
}

// https://onnxruntime.ai/docs/execution-providers, those that onnxruntime-node has
const providers: Readonly<Record<string, string>> = {
  CPUExecutionProvider: 'cpu',
  CUDAExecutionProvider: 'cuda',
  TensorrtExecutionProvider: 'tensorrt',
  CoreMLExecutionProvider: 'coreml',
  DmlExecutionProvider: 'dml',
};
