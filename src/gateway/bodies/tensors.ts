/** Safetensors: tensors as they lie in memory, and JSON for what is beside them. */
import { safetensorsMediaType } from '../../io/safetensors.ts';
import type { BodyReader } from './body-reader.ts';
import { decode } from './json.ts';

export const tensorReader: BodyReader = {
  takes: (mediaType) => mediaType === safetensorsMediaType,
  async read(incoming) {
    const { bytes, limits, route } = incoming;
    const body = await bytes(limits.rawBodyLimitBytes, true);
    if (body.length > 0) return decode(body, incoming);
    return route.api.body === 'fields' ? { value: {}, sizeBytes: 0 } : undefined;
  },
};
