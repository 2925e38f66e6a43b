/** What a generation of a service says of itself to programs. */
import type { ServiceSpec } from '../../spec/service-spec.ts';
import { toOpenApi } from '../openapi.ts';
import { toSchemaDocument } from '../schema-document.ts';
import { type Asset, toAsset } from './asset.ts';

/** The documents of one spec. */
export interface Documents {
  /** `/schema.json`, which every client reads. */
  readonly schema: string;
  /** `/docs.json`; made when it is first asked for. */
  openApi(): Asset;
}

/** Creates the documents. */
export function createDocuments(spec: ServiceSpec): Documents {
  let openApi: Asset | undefined;
  return {
    schema: toSchemaDocument(spec),
    openApi() {
      openApi ??= toAsset('application/json', JSON.stringify(toOpenApi(spec)));
      return openApi;
    },
  };
}
