/** In which media types a method takes its arguments, beside the usual one. */
import { safetensorsMediaType } from '../io/safetensors.ts';
import { mayHoldTensors } from '../io/tensor-frame.ts';
import { foreignMediaTypesOf } from '../spec/foreign-body.ts';
import type { ApiSpec } from '../spec/service-spec.ts';

/** Those that the documents name; a body that is taken as it is has no others. */
export function otherMediaTypes(api: ApiSpec): readonly string[] {
  const { body, input } = api;
  if (body !== 'fields' && body !== 'json') return [];
  return [...(mayHoldTensors(input) ? [safetensorsMediaType] : []), ...foreignMediaTypesOf(api)];
}
