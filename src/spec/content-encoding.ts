/** Checks text that says to be base64, which JSON Schema leaves to whoever reads it. */
import type { FuncKeywordDefinition, SchemaValidateFunction } from 'ajv';
import { base64Words, isBase64 } from '../io/base64.ts';

const check: SchemaValidateFunction = (encoding: string, text: string): boolean => {
  if (encoding !== 'base64' || isBase64(text)) return true;
  check.errors = [{ keyword: 'contentEncoding', params: { encoding }, message: base64Words }];
  return false;
};

/** Without it a union with bytes could not tell them from other text, and a result of no bytes would pass for some. */
export const contentEncoding: FuncKeywordDefinition = {
  keyword: 'contentEncoding',
  type: 'string',
  schemaType: 'string',
  errors: 'full',
  validate: check,
};
