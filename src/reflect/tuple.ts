/** Writes the JSON Schema of a tuple. */
import type { TupleElement } from './compiler.ts';
import { type Draft, Reference } from './definitions.ts';
import { inside, type Place, type TypeWriter, type WrittenType } from './place.ts';

/** `prefixItems` for the places before a rest element; what follows a rest element has no keyword. */
export function writeTuple(
  writer: TypeWriter,
  elements: readonly TupleElement[],
  written: WrittenType,
  place: Place,
): Draft {
  const restAt = elements.findIndex(({ form }) => form === 'rest');
  const fixed = restAt < 0 ? elements : elements.slice(0, restAt);
  const prefixItems = fixed.map(({ type, name }, at) => {
    const schema = writer.write(type, inside(place, `[${at}]`));
    if (name !== undefined) titled(schema, name);
    return schema;
  });
  const rest = elements[restAt];
  if (restAt >= 0 && restAt < elements.length - 1) {
    return writer.refuse(written, place, {
      why: 'which has a rest element before its end',
      remedy: () => 'move the rest element to the end',
    });
  }
  return {
    type: 'array',
    ...(fixed.length > 0 && { prefixItems }),
    items: rest ? writer.write(rest.type, inside(place, `[${restAt}…]`)) : false,
    minItems: fixed.filter(({ form }) => form === 'required').length,
    ...(!rest && { maxItems: fixed.length }),
  };
}

function titled(schema: Draft | Reference, name: string): void {
  const own = schema instanceof Reference ? schema.siblings : schema;
  own.title ??= name;
}
