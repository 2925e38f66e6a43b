/** The kinds of generated types that are made of others: one row each. */
import fc from 'fast-check';
import { anything, type GeneratedType, mostly, names, type Source } from './generated-type.ts';
import { fitsOf, mark, marked, nearOf, type Property, propertiesOf, structure, writeProperties } from './structures.ts';
import type { Value } from './values.ts';

/** Makes types of others; strays are values that fit them only by chance. */
export type Row = (inner: fc.Arbitrary<GeneratedType>, strays: fc.Arbitrary<Value>) => fc.Arbitrary<GeneratedType>;

const listOf = (items: fc.Arbitrary<Value>) => fc.array(items, { maxLength: 3 });

const array: Row = (inner, strays) =>
  fc.tuple(inner, fc.constantFrom('T[]', 'readonly T[]', 'Array<T>', 'ReadonlyArray<T>')).map(([item, form]) => ({
    write: (into) => `(${form.replace('T', () => item.write(into))})`,
    fits: listOf(item.fits),
    near: fc.oneof(listOf(mostly(item)), strays, fc.constant({ 0: 'a', length: 1 })),
  }));

const tuple: Row = (inner, strays) =>
  fc
    .record({
      required: fc.array(inner, { maxLength: 2 }),
      optional: fc.array(inner, { maxLength: 2 }),
      rest: fc.option(inner, { nil: undefined }),
      isNamed: fc.boolean(),
      isReadonly: fc.boolean(),
    })
    .map(({ required, optional, rest, isNamed, isReadonly }) => {
      const fixed = [...required, ...optional];
      const write = (into: Source) => {
        const parts = fixed.map((type, at) => {
          const isOptional = at >= required.length;
          if (isNamed) return `x${at}${isOptional ? '?' : ''}: ${type.write(into)}`;
          return `${type.write(into)}${isOptional ? '?' : ''}`;
        });
        if (rest) parts.push(`${isNamed ? '...more: ' : '...'}${rest.write(into)}[]`);
        return `${isReadonly ? '(readonly ' : '('}[${parts.join(', ')}])`;
      };
      const values = (
        pick: (type: GeneratedType) => fc.Arbitrary<Value>,
        shortest: number,
        after: fc.Arbitrary<Value[]>,
      ) =>
        fc
          .tuple(fc.tuple(...fixed.map(pick)), fc.integer({ min: shortest, max: fixed.length }), after)
          .map(([items, length, more]) => (length < fixed.length ? items.slice(0, length) : [...items, ...more]));
      return {
        write,
        fits: values(({ fits }) => fits, required.length, rest ? listOf(rest.fits) : fc.constant([])),
        near: fc.oneof(values(mostly, 0, fc.array(rest ? mostly(rest) : strays, { maxLength: 2 })), strays),
      };
    });

/** Object types, by how they are written. */
const written: Readonly<Record<string, (properties: readonly Property[], into: Source) => string>> = {
  inline: (properties, into) => `{ ${mark(into)}${writeProperties(properties, into)} }`,
  interface: (properties, into) =>
    into.declare((name) => `interface ${name} { ${mark(into)}${writeProperties(properties, into)} }`),
  alias: (properties, into) =>
    into.declare((name) => `type ${name} = { ${mark(into)}${writeProperties(properties, into)} };`),
  class: (properties, into) =>
    // A class has no field `constructor`.
    into.declare(
      (name) =>
        `${properties.some((one) => one.name === 'constructor') ? 'interface' : 'class'} ${name} { ${mark(into)}${writeProperties(properties, into)} }`,
    ),
  extended: (properties, into) => {
    const half = Math.ceil(properties.length / 2);
    const base = into.declare(
      (name) => `interface ${name} { ${mark(into)}${writeProperties(properties.slice(0, half), into)} }`,
    );
    return into.declare(
      (name) => `interface ${name} extends ${base} { ${writeProperties(properties.slice(half), into)} }`,
    );
  },
  intersection: (properties, into) => {
    const half = Math.ceil(properties.length / 2);
    const parts = [properties.slice(0, half), properties.slice(half)];
    return `(${parts.map((part) => `{ ${mark(into)}${writeProperties(part, into)} }`).join(' & ')})`;
  },
};

const object: Row = (inner, strays) =>
  fc
    .tuple(propertiesOf(inner), fc.constantFrom(...Object.values(written)))
    .map(([properties, write]) => structure(properties, strays, (into) => write(properties, into)));

/** `Partial` and its like: what they make of the properties, and how they are written around them. */
const mappings: readonly {
  readonly map: (properties: readonly Property[]) => readonly Property[];
  readonly write: (text: string, properties: readonly Property[]) => string;
}[] = [
  { map: (all) => all.map((one) => ({ ...one, form: 'optional' })), write: (text) => `Partial<${text}>` },
  { map: (all) => all.map(required), write: (text) => `Required<${text}>` },
  { map: (all) => all.map(required), write: (text) => `{ [K in keyof ${text}]-?: ${text}[K] }` },
  { map: (all) => all, write: (text) => `Readonly<${text}>` },
  { map: (all) => all.slice(0, 1), write: (text, [first]) => `Pick<${text}, ${JSON.stringify(first?.name)}>` },
  { map: (all) => all.slice(1), write: (text, [first]) => `Omit<${text}, ${JSON.stringify(first?.name)}>` },
];

/** `-?` takes the question mark away, and `undefined` out of the type of what had one. */
function required(property: Property): Property {
  return property.form === 'optional' ? { ...property, form: 'required' } : property;
}

const mapped: Row = (inner, strays) =>
  fc
    .tuple(propertiesOf(inner, 1), fc.constantFrom(...mappings), fc.constantFrom('inline', 'interface', 'alias'))
    .map(([made, { map, write }, form]) => {
      // The question has a question mark where the author wrote `undefined`, and `-?` would take it away.
      const properties = made.map((one) => (one.form === 'undefined' ? { ...one, form: 'optional' as const } : one));
      return structure(map(properties), strays, (into) => {
        const text = (written[form] as (typeof written)[string])(properties, into); // named above
        return marked(write(text, properties), into);
      });
    });

const dictionary: Row = (inner, strays) =>
  fc
    .tuple(inner, fc.constantFrom('Record<string, T>', '{ [key: string]: T }', '{ readonly [key: string]: T }'))
    .map(([value, form]) => ({
      write: (into) =>
        `${marked(
          form.replace('T', () => value.write(into)),
          into,
        )}`,
      fits: fc.dictionary(names, value.fits, { maxKeys: 3 }),
      near: fc.oneof(fc.dictionary(names, mostly(value), { maxKeys: 3 }), strays),
    }));

/** Properties of the same type as all others. */
const openObject: Row = (inner, strays) =>
  fc.tuple(inner, fc.constantFrom('required' as const, 'optional' as const)).map(([type, form]) => {
    const properties = [{ name: 'a', form, isReadonly: false, type }];
    return {
      write: (into) => {
        const text = type.write(into);
        return marked(
          `{ a${form === 'optional' ? '?' : ''}: ${text}; [key: string]: ${text}${form === 'optional' ? ' | undefined' : ''} }`,
          into,
        );
      },
      fits: fitsOf(properties, type.fits),
      near: nearOf(properties, strays, mostly(type)),
    };
  });

const numberKeys = fc.constantFrom('0', '1', '7', '-1', '12');

const numbered: Row = (inner, strays) =>
  fc.tuple(inner, fc.constantFrom('Record<number, T>', '{ [key: number]: T }')).map(([value, form]) => ({
    write: (into) => {
      const text = form.replace('T', () => value.write(into));
      return into.pick(text, `(${text} & Numbered)`); // nothing but numbers: in TypeScript other keys may have any value
    },
    fits: fc.dictionary(numberKeys, value.fits, { maxKeys: 2 }),
    near: fc.oneof(fc.dictionary(fc.oneof(numberKeys, names), mostly(value), { maxKeys: 2 }), strays),
  }));

/** Properties beside numbers; other keys are open. */
const numberedObject: Row = (inner, strays) =>
  fc.tuple(propertiesOf(inner, 1), inner).map(([made, value]) => {
    const properties = made.map((one, at) => (/^[0-9]/.test(one.name) ? { ...one, name: `x${at}` } : one));
    const both = (own: fc.Arbitrary<Value>, values: fc.Arbitrary<Value>) =>
      fc
        .tuple(own, fc.dictionary(numberKeys, values, { maxKeys: 2 }))
        .map(([first, second]) =>
          typeof first === 'object' && !Array.isArray(first) ? { ...second, ...first } : first,
        );
    return {
      write: (into) => marked(`{ ${writeProperties(properties, into)} [key: number]: ${value.write(into)} }`, into),
      fits: both(fitsOf(properties, value.fits), value.fits),
      near: both(nearOf(properties, strays), mostly(value)),
    };
  });

const keyed: Row = (inner, strays) =>
  fc.tuple(inner, fc.boolean()).map(([type, isPartial]) => {
    const form = isPartial ? ('optional' as const) : ('required' as const);
    const properties = ['a', 'b'].map((name) => ({ name, form, isReadonly: false, type }));
    return structure(properties, strays, (into) => {
      const text = `Record<'a' | 'b', ${type.write(into)}>`;
      return marked(isPartial ? `Partial<${text}>` : text, into);
    });
  });

const concrete = (inner: fc.Arbitrary<GeneratedType>) => inner.filter(({ isTop }) => isTop !== true);

const union: Row = (inner) =>
  fc.array(concrete(inner), { minLength: 2, maxLength: 3 }).map((members) => ({
    write: (into) => `(${members.map((member) => member.write(into)).join(' | ')})`,
    fits: fc.oneof(...members.map(({ fits }) => fits)),
    near: fc.oneof(...members.map(({ near }) => near)),
  }));

const nullable: Row = (inner) =>
  fc.tuple(concrete(inner), fc.boolean()).map(([type, isFirst]) => ({
    write: (into) => (isFirst ? `(null | ${type.write(into)})` : `(${type.write(into)} | null)`),
    fits: fc.oneof(type.fits, fc.constant(null)),
    near: type.near,
  }));

const discriminated: Row = (inner, strays) =>
  fc
    .tuple(
      fc.constantFrom('kind', 'with space', 'constructor'),
      fc.uniqueArray(fc.constantFrom('circle', 'square', 1, true, 'é'), { minLength: 2, maxLength: 3 }),
      fc.array(inner, { minLength: 3, maxLength: 3 }),
      fc.constantFrom('inline', 'interface', 'alias'),
      fc.constantFrom('', ' | null', ' | "none"'),
    )
    .map(([key, tags, types, form, other]) => {
      const members = tags.map((tag, at) => {
        const literal: GeneratedType = {
          write: () => JSON.stringify(tag),
          fits: fc.constant(tag),
          near: fc.constantFrom<Value>(...tags, 'oval', null),
        };
        return [
          { name: key, form: 'required' as const, isReadonly: false, type: literal },
          { name: 'a', form: 'required' as const, isReadonly: false, type: types[at] as GeneratedType }, // three, as many as tags at most
        ];
      });
      const write = written[form] as (typeof written)[string]; // named above
      const extra = other === '' ? [] : [fc.constant(other === ' | null' ? null : 'none')];
      return {
        write: (into) => `(${members.map((member) => write(member, into)).join(' | ')}${other})`,
        fits: fc.oneof(...members.map((member) => fitsOf(member)), ...extra),
        near: fc.oneof(...members.map((member) => nearOf(member, strays))),
      };
    });

/** Either the one or the other, not both. */
const exclusive: Row = (inner) =>
  fc.tuple(inner, inner).map(([one, two]) => {
    const member = (name: string, type: GeneratedType) => [
      { name, form: 'required' as const, isReadonly: false, type },
    ];
    const [left, right] = [member('a', one), member('b', two)];
    const both = fc.record({ a: mostly(one), b: mostly(two) }, { requiredKeys: [] });
    const own = (properties: readonly Property[]) =>
      fc.record(Object.fromEntries(properties.map(({ name, type }) => [name, type.fits])));
    return {
      write: (into) => {
        const write = (properties: readonly Property[], absent: string) =>
          `{ ${mark(into)}${writeProperties(properties, into)} ${absent}?: never }`;
        return `(${write(left, 'b')} | ${write(right, 'a')})`;
      },
      fits: fc.oneof(own(left), own(right)),
      near: both,
    };
  });

const generic: Row = (inner, strays) =>
  fc.tuple(inner, fc.constantFrom('interface', 'alias')).map(([type, form]) => {
    const items: GeneratedType = { write: () => 'T[]', fits: listOf(type.fits), near: listOf(mostly(type)) };
    const parameter: GeneratedType = { ...type, write: () => 'T' };
    const properties: Property[] = [
      { name: 'items', form: 'required', isReadonly: false, type: items },
      { name: 'first', form: 'optional', isReadonly: false, type: parameter },
    ];
    return structure(properties, strays, (into) => {
      const body = `{ ${mark(into)}${writeProperties(properties, into)} }`;
      const name = into.declare((own) =>
        form === 'alias' ? `type ${own}<T> = ${body};` : `interface ${own}<T> ${body}`,
      );
      return `${name}<${type.write(into)}>`;
    });
  });

const indexed: Row = (inner) =>
  inner.map((type) => ({ ...type, write: (into) => `({ a: ${type.write(into)} }['a'])` }));

/** Types that contain themselves; values of three levels at most. */
const tree: Row = (inner, strays) =>
  inner.map((type) => {
    const level = (value: GeneratedType, child: fc.Arbitrary<Value> | undefined) =>
      fc.record(
        {
          value: value.fits,
          children: child ? fc.array(child, { maxLength: 2 }) : fc.constant([]),
          next: child ? fc.oneof(child, fc.constant(null)) : fc.constant(null),
        },
        { requiredKeys: ['value', 'children'] },
      );
    const nested = (value: GeneratedType) => level(value, level(value, level(value, undefined)));
    const loose: GeneratedType = { ...type, fits: mostly(type) };
    return {
      write: (into) =>
        into.declare(
          (own) =>
            `interface ${own} { ${mark(into)}value: ${type.write(into)}; children: ${own}[]; next?: ${own} | null }`,
        ),
      fits: nested(type),
      near: fc.oneof(nested(loose), strays),
    };
  });

const nestedList: Row = (inner) =>
  concrete(inner).map((type) => {
    const nested = (value: fc.Arbitrary<Value>) =>
      fc.oneof(value, listOf(value), listOf(fc.oneof(value, listOf(value))));
    return {
      write: (into) => into.declare((own) => `type ${own} = ${type.write(into)} | ${own}[];`),
      fits: nested(type.fits),
      near: nested(mostly(type)),
    };
  });

const json: Row = () =>
  fc.constant({
    write: (into: Source) =>
      into.declare(
        (own) =>
          `type ${own} = string | number | boolean | null | ${own}[] | ${marked(`{ [key: string]: ${own} }`, into)};`,
      ),
    fits: anything,
    near: anything,
  });

/** Every kind, by its name. */
export const madeRows = {
  array,
  tuple,
  object,
  mapped,
  dictionary,
  openObject,
  numbered,
  numberedObject,
  keyed,
  union,
  nullable,
  discriminated,
  exclusive,
  generic,
  indexed,
  tree,
  nestedList,
  json,
} satisfies Record<string, Row>;
