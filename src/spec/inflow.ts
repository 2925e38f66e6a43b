/** Which argument of a method may come item by item while it runs. */
import { wholeBodyForm } from '../io/answer.ts';
import { itemsOf } from '../io/io-types.ts';
import { definitionsOf, isSchema } from './schema-parts.ts';
import type { ApiSpec, JsonSchema } from './service-spec.ts';

/** The argument of a method that may come item by item. */
export interface InflowSpec {
  /** Its place among the parameters. */
  readonly at: number;
  readonly name: string;
  /** Schema of one item. */
  readonly item: JsonSchema;
  readonly fewest: number;
  readonly most: number;
  /** Whether an item is bytes, which need no JSON. */
  readonly takesBytes: boolean;
  /** Whether the body as a whole is the argument, so that its bytes can come as they are. */
  readonly takesPieces: boolean;
  /** Schema of the other arguments, which come first; undefined where there are none. */
  readonly others: JsonSchema | undefined;
}

/** The argument that may come so; a method with none, or with several, gets its body whole. */
export function inflowOf({ body, parameters, input, checkedInput = input }: ApiSpec): InflowSpec | undefined {
  const $defs = definitionsOf(checkedInput);
  const properties = isSchema(checkedInput.properties) ? checkedInput.properties : {};
  const found = parameters.flatMap(({ name }, at) => {
    const schema = body === 'fields' ? properties[name] : checkedInput;
    const item = isSchema(schema) ? itemsOf(schema) : undefined;
    return item && isSchema(schema) ? [{ at, name, item: { ...item, $defs }, ...boundsOf(schema) }] : [];
  });
  const [only] = found;
  if (!only || found.length > 1) return undefined;
  const takesBytes = wholeBodyForm(only.item) === 'bytes';
  const takesPieces = takesBytes && body !== 'fields';
  return {
    ...only,
    takesBytes,
    takesPieces,
    others: parameters.length > 1 ? without(checkedInput, only.name) : undefined,
  };
}

function boundsOf({ minItems = 0, maxItems = Number.POSITIVE_INFINITY }: JsonSchema) {
  return { fewest: Number(minItems), most: Number(maxItems) };
}

function without(input: JsonSchema, name: string): JsonSchema {
  const { [name]: _, ...properties } = input.properties as Readonly<Record<string, unknown>>; // of several parameters
  const required = Array.isArray(input.required) ? input.required.filter((one) => one !== name) : [];
  return { ...input, properties, required };
}
