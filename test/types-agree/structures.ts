/** Lists of properties, from which object types are written in many ways. */
import fc from 'fast-check';
import { anything, type GeneratedType, mostly, names, type Source } from './generated-type.ts';
import type { Value } from './values.ts';

/** A property of an object type. */
export interface Property {
  readonly name: string;
  /** `undefined`: required, of a type that includes `undefined`. */
  readonly form: 'required' | 'optional' | 'undefined';
  readonly isReadonly: boolean;
  readonly type: GeneratedType;
}

/** Properties of different names. */
export function propertiesOf(inner: fc.Arbitrary<GeneratedType>, minLength = 0): fc.Arbitrary<Property[]> {
  const property = fc.record({
    name: names,
    form: fc.constantFrom('required' as const, 'required' as const, 'optional' as const, 'undefined' as const),
    isReadonly: fc.boolean(),
    type: inner,
  });
  return fc
    .uniqueArray(property, { minLength, maxLength: 4, selector: ({ name }) => name })
    .map((list) =>
      list.map((one) => (one.type.isTop && one.form === 'undefined' ? { ...one, form: 'optional' } : one)),
    );
}

/** `"a": string; "b"?: number;` */
export function writeProperties(properties: readonly Property[], into: Source): string {
  return properties.map((property) => writeProperty(property, into)).join(' ');
}

/** The mark of objects in questions: see `Marked` in compiler.ts. */
export function mark(into: Source): string {
  return into.pick('', '$: never; ');
}

/** A type with the mark beside it, for types whose body is not ours to write. */
export function marked(text: string, into: Source): string {
  return into.pick(text, `(${text} & Marked)`);
}

function writeProperty({ name, form, isReadonly, type }: Property, into: Source): string {
  const text = type.write(into);
  const prefix = `${isReadonly ? 'readonly ' : ''}${JSON.stringify(name)}`;
  if (form === 'optional') return `${prefix}?: ${text};`;
  if (form === 'required') return `${prefix}: ${text};`;
  // JSON has no `undefined`: a caller says it by leaving the property out.
  return into.pick(`${prefix}: ${text} | undefined;`, `${prefix}?: ${text};`);
}

/** Objects with these properties, and now and then with more: object types are open. */
export function fitsOf(properties: readonly Property[], more: fc.Arbitrary<Value> = anything): fc.Arbitrary<Value> {
  const known = fc.record(Object.fromEntries(properties.map(({ name, type }) => [name, type.fits])), {
    requiredKeys: properties.filter(({ form }) => form === 'required').map(({ name }) => name),
  });
  const listed = new Set(properties.map(({ name }) => name));
  const others = fc.dictionary(
    names.filter((name) => !listed.has(name)),
    more,
    { maxKeys: 2 },
  );
  return fc.tuple(known, fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, others)).map(([own, extra]) => ({
    ...own,
    ...extra,
  }));
}

/** Objects that lack a property or have a wrong one, and other values. */
export function nearOf(
  properties: readonly Property[],
  strays: fc.Arbitrary<Value>,
  more: fc.Arbitrary<Value> = anything,
): fc.Arbitrary<Value> {
  const loose = properties.map((property) => ({
    ...property,
    type: { ...property.type, fits: mostly(property.type) },
  }));
  const anyOptional = loose.map((property) => ({ ...property, form: 'optional' as const }));
  return fc.oneof(
    { weight: 3, arbitrary: fitsOf(loose, more) },
    { weight: 2, arbitrary: fitsOf(anyOptional, more) },
    { weight: 1, arbitrary: strays },
  );
}

/** The type that a list of properties makes, written as said. */
export function structure(
  properties: readonly Property[],
  strays: fc.Arbitrary<Value>,
  write: GeneratedType['write'],
): GeneratedType {
  return { write, fits: fitsOf(properties), near: nearOf(properties, strays) };
}
