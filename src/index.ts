/** The author's vocabulary: what `import … from 'bentots'` gives. */
export { ApiError, type ErrorCode, isServiceError, ServiceError, type Violation } from './errors.ts';
export type { Dimension, DType, TensorData } from './io/dtype.ts';
export { ImageFile, type ImageSize } from './io/image.ts';
export { ServerEvent, type ServerEventFields } from './io/server-event.ts';
export { Table, type TableColumns, type TableRow } from './io/table.ts';
export { type NestedArray, Tensor, type TensorElement } from './io/tensor.ts';
export type { MergeMode } from './observe/author-metrics.ts';
export { type ApiDecorator, type ApiOptions, api } from './sdk/api.ts';
export type { PlainSchema, Schema, StandardSchema } from './sdk/author-schema.ts';
export { type BatchContext, type BatchedRequest, type ItemChunk, type ItemError, itemError } from './sdk/batch.ts';
export { bentoModel } from './sdk/bento-model.ts';
export type {
  Above,
  Below,
  Format,
  Int,
  Max,
  MaxItems,
  MaxLength,
  Min,
  MinItems,
  MinLength,
  MultipleOf,
  Pattern,
  StringFormat,
  UniqueItems,
} from './sdk/constraints.ts';
export type { Context, ContextRequest, ContextResponse, Log } from './sdk/context.ts';
export { defineService, type ServiceDefinition } from './sdk/define-service.ts';
export { type HuggingFaceOptions, huggingFace } from './sdk/hugging-face.ts';
export { isAlive, isReady, onDeployment, onShutdown, onStartup } from './sdk/lifecycle.ts';
export { localFolder } from './sdk/local-folder.ts';
export {
  Counter,
  Gauge,
  type GaugeSeries,
  Histogram,
  type LabelValues,
  type MetricOptions,
  Summary,
} from './sdk/metrics.ts';
export { metricsFilter } from './sdk/metrics-filter.ts';
export { type ModelDecorator, model } from './sdk/model.ts';
export type { ModelPlace, ModelProgress, ModelRef } from './sdk/model-ref.ts';
export { npmPackage } from './sdk/npm-package.ts';
export { ociModel } from './sdk/oci-model.ts';
export { type ServiceDecorator, type ServiceOptions, service } from './sdk/service.ts';
export {
  type ArgumentDeclarations,
  type ArgumentSchema,
  type ArgumentValues,
  type PlainArgument,
  type SecretArgument,
  secret,
  useArguments,
} from './sdk/use-arguments.ts';
export { workerIndex } from './sdk/worker-index.ts';
export { Image, type ImageData, type ImageOptions, type ImageStep } from './spec/image.ts';
export type { Cookie } from './spec/invocation.ts';
export type { ArgumentSpec, ModelInfo } from './spec/service-spec.ts';
export type { Model } from './store/models.ts';
