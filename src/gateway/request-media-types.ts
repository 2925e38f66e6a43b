/** In which media types a method takes its arguments, beside the usual one. */
import { safetensorsMediaType } from '../io/safetensors.ts';
import { mayHoldTensors } from '../io/tensor-frame.ts';
import type { ApiSpec } from '../spec/service-spec.ts';

/** Those that the documents name; a body that is taken as it is has no others. */
export function otherMediaTypes({ body, input }: ApiSpec): readonly string[] {
  const isRead = body === 'fields' || body === 'json';
  return isRead && mayHoldTensors(input) ? [safetensorsMediaType] : [];
}
