/** `multipleOf`, as a person reads it: 0.3 is a multiple of 0.1, and 1e21 one of 0.5. */
import { _, type CodeKeywordDefinition } from 'ajv/dist/2020.js';

// Both numbers are rounded to binary, and the quotient once more.
const tolerance = 2 * Number.EPSILON;

/** In the place of Ajv's own, which reads the quotient with `parseInt` and so refuses 0.3 and 1e21. */
export const multipleOf: CodeKeywordDefinition = {
  keyword: 'multipleOf',
  type: 'number',
  schemaType: 'number',
  error: { message: 'must be a multiple', params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}` },
  code(context) {
    const { gen, data, schemaCode, schema: step } = context;
    if (Number.isInteger(step)) return context.fail(_`${data} % ${schemaCode} !== 0`); // exact in floating point, too
    const quotient = gen.const('quotient', _`${data} / ${schemaCode}`);
    return context.fail(_`Math.abs(Math.round(${quotient}) - ${quotient}) > Math.abs(${quotient}) * ${tolerance}`);
  },
};
