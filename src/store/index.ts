/** The door `bentots/models`: models and bentos in the stores that BentoML reads, too. */
export { isServiceError, ServiceError } from '../errors.ts';
export { Tag } from '../tag.ts';
export type { ExportOptions } from './archive/export-item.ts';
export type { BentoModel, BentoRecord } from './bento-record.ts';
export { type Bento, type Bentos, bentos, openBentos } from './bentos.ts';
export type { Verification } from './checksums.ts';
export type { ImportOptions, ItemActions, Pulled } from './items.ts';
export type { MetadataValue, ModelContext, ModelDetails, ModelRecord, ModelSignature } from './model-record.ts';
export { type CreateModelOptions, type Model, type Models, models, openModels } from './models.ts';
export type { StoreOptions } from './open-options.ts';
export type { Pushed, TransferOptions } from './registry/push-item.ts';
export type { StoreItem, StoreRecord } from './store.ts';
