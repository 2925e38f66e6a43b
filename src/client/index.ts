/** The door `bentots/client`: calls a running service from Node or a browser. */

export type { Dimension, DType, TensorData } from '../io/dtype.ts';
export { ImageFile, type ImageSize } from '../io/image.ts';
export { ServerEvent, type ServerEventFields } from '../io/server-event.ts';
export { Table, type TableColumns, type TableRow } from '../io/table.ts';
export { type NestedArray, Tensor, type TensorElement } from '../io/tensor.ts';
export { CallError, type CallErrorCode, isCallError } from './call-error.ts';
export type { Client, StreamCall, UntypedCall } from './client-types.ts';
export { createClient } from './create-client.ts';
export type { CallOptions, ClientOptions } from './options.ts';
export type { Fetch } from './transport.ts';
export type { OnUploadProgress, UploadProgress } from './upload-progress.ts';
