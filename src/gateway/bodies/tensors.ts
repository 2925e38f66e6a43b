/** Safetensors: tensors as they lie in memory, and JSON for what is beside them. */
import { safetensorsMediaType } from '../../io/safetensors.ts';
import { readTensorFrame } from '../../io/tensor-frame.ts';
import { admits } from '../../spec/alternatives.ts';
import { definitionsOf } from '../../spec/schema-parts.ts';
import type { BodyReader } from './body-reader.ts';

export const tensorReader: BodyReader = {
  takes: (mediaType) => mediaType === safetensorsMediaType,
  async read({ bytes, limits, route }) {
    const { body: form, input } = route.api;
    const body = await bytes(limits.rawBodyLimitBytes);
    const sizeBytes = body.length;
    if (sizeBytes === 0) return form === 'fields' ? { value: {}, sizeBytes } : undefined;
    const mayBeWhole = form !== 'fields' && !admits(input, {}, definitionsOf(input));
    const { jsonBodyLimitBytes: headerLimitBytes, jsonDepthLimit } = limits;
    return {
      value: readTensorFrame(body, mayBeWhole, { headerLimitBytes, jsonDepthLimit }),
      hasParcels: true,
      sizeBytes,
    };
  },
};
