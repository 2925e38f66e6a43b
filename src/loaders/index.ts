/** The door `bentots/loaders`: opens models with libraries that are installed by whoever needs them. */
export { type LlamaOptions, type LoadedLlama, llama } from './llama.ts';
export type { ModelSource } from './model-files.ts';
export { type OnnxOptions, type OnnxSession, type OnnxTensor, onnx } from './onnx.ts';
export { type TfjsModel, type TfjsOptions, tfjs } from './tfjs.ts';
export { type TransformersPipeline, transformers } from './transformers.ts';
