/** Finds the io type for a schema. */
import type { IoType } from './io-type.ts';
import { json } from './json.ts';
import { text } from './text.ts';

const ioTypes: readonly IoType[] = [text, json]; // the first that matches; json takes everything

/** The io type that writes values of a schema. */
export function chooseIoType(schema: { readonly [keyword: string]: unknown }): IoType {
  return ioTypes.find((type) => type.matches(schema)) ?? json;
}
