/** Writes the JSON Schema of a type. */
import type { JsonSchema } from '../spec/service-spec.ts';
import type { Compiler, PropertyDescription, TypeDescription, TypeHandle, TypeShape } from './compiler.ts';
import { applyConstraint, applyDocs } from './constraints.ts';
import { Definitions, type Draft, Reference, toDefinitionName } from './definitions.ts';
import { markDiscriminated } from './discriminator.ts';
import { writeIndexes } from './index-signatures.ts';
import { type Docs, parseComment } from './jsdoc.ts';
import { setKey } from './keys.ts';
import { inside, isWhole, type Place, type TypeWriter, type WrittenType, who } from './place.ts';
import { platformTypes, writeBigint, writeImage, writeTable, writeTensor } from './platform-types.ts';
import type { Problems } from './problems.ts';
import { type Refusal, refusedKinds, refusedLibrary, refusedOther } from './refused.ts';
import { writeTemplate } from './template.ts';
import { writeTuple } from './tuple.ts';
import { writeUnion } from './union.ts';

const maxDepth = 40; // no type that a person reads nests deeper
const maxTypes = 20_000; // a type that expands in two directions is not deep before it is huge

/** Writes the types of one schema document. */
export class SchemaWriter implements TypeWriter {
  readonly #compiler: Compiler;
  readonly #problems: Problems;
  readonly #isOurs: (declaredIn: string | undefined) => boolean;
  readonly #definitions = new Definitions();
  #typeCount = 0;

  /** @param isOurs whether a file belongs to bentots. */
  constructor(compiler: Compiler, problems: Problems, isOurs: (declaredIn: string | undefined) => boolean) {
    this.#compiler = compiler;
    this.#problems = problems;
    this.#isOurs = isOurs;
  }

  /** The schema of a type, with what its declarations' comments say. */
  write(type: TypeHandle, place: Place): Draft | Reference {
    const known = this.#definitions.find(type.id);
    if (known) return known;
    const description = this.#compiler.describe(type);
    if (this.#isTooLarge(description, place)) return {};
    if (!isComposite(description.shape)) return this.#writeDescribed(description, place);
    const isShared =
      description.shape.kind === 'structure' &&
      description.name !== undefined &&
      !description.isLibraryName &&
      !(description.name === 'ImageFile' && this.#isOurs(description.declaredIn)); // each use has media types of its own, as of a File
    return this.#definitions.define(type.id, this.#nameOf(description), isShared, () =>
      this.#writeDescribed(description, place),
    );
  }

  /** Puts a document together from what was written. */
  finish(root: Draft | Reference): JsonSchema {
    return markDiscriminated(this.#definitions.finish(root));
  }

  /** Where the keywords that belong to this use of a type go. */
  own(schema: Draft | Reference): Draft {
    return schema instanceof Reference ? schema.siblings : schema;
  }

  /** Adds what a comment says. */
  annotate(schema: Draft | Reference, docs: Docs, place: Place): void {
    applyDocs(schema, docs, (tag, problem) => this.#problems.add(tag.location, `${who(place)}: ${problem}`));
  }

  /** Notes that a type cannot be sent. */
  refuse({ text, written }: WrittenType, place: Place, { why, remedy }: Refusal): Draft {
    const say = (type: string) => (place.name === undefined ? type : `${place.name}: ${type}`);
    this.#problems.add(place.location, `${who(place)} has the type "${text}", ${why}; ${remedy(say)}`, written);
    return {};
  }

  describe(type: TypeHandle): TypeDescription {
    return this.#compiler.describe(type);
  }

  writeProperty(property: PropertyDescription, outer: Place): Draft | Reference {
    const { name, type, comment, location, isOwn } = property;
    const place = inside(outer, outer.path === '' ? name : `.${name}`, name, isOwn ? location : undefined);
    const { kind } = this.#compiler.describe(type).shape;
    // `other?: never` says, in a union, that the property belongs to another member.
    const isAbsent = kind === 'undefined' || (kind === 'never' && property.isOptional);
    const schema = isAbsent ? { not: {} } : this.write(type, place);
    if (comment) this.annotate(schema, parseComment(comment), place);
    return schema;
  }

  #writeDescribed(description: TypeDescription, place: Place): Draft | Reference {
    const schema = this.#writeShape(description, place);
    for (const { name, declaredIn, value } of description.brands) {
      if (this.#isOurs(declaredIn)) this.#limit(schema, name, value, description, place);
    }
    // What we say of our own types, such as Tensor, is for authors and not for their callers.
    if (this.#isOurs(description.declaredIn)) return schema;
    for (const comment of description.comments) this.annotate(schema, parseComment(comment), place);
    return schema;
  }

  #limit(schema: Draft | Reference, name: string, value: TypeHandle, written: WrittenType, place: Place): void {
    const { shape } = this.#compiler.describe(value);
    const isKnown = shape.kind === 'literal' && typeof shape.value !== 'bigint';
    const problem = isKnown
      ? applyConstraint(schema, name, String(shape.value), 'brand')
      : `the limit "${name}" needs one value that is known when the program is compiled`;
    if (problem !== undefined) this.#problems.add(place.location, `${who(place)}: ${problem}`, written.written);
  }

  /** What bentots itself declares. */
  #writeOurs(description: TypeDescription, place: Place): Draft | undefined {
    if (!this.#isOurs(description.declaredIn)) return undefined;
    if (description.name === 'Context' || description.name === 'BatchContext')
      return this.refuse(description, place, contextRefusal(description.name));
    if (description.name === 'ItemError') return this.refuse(description, place, itemErrorRefusal);
    if (description.name === 'ItemChunk') return this.refuse(description, place, chunkRefusal);
    if (description.name === 'ServerEvent') return this.refuse(description, place, eventRefusal);
    if (description.name === 'Tensor') return writeTensor(this, description, place);
    if (description.name === 'Table') return writeTable(this, description, place);
    return description.name === 'ImageFile' ? writeImage() : undefined;
  }

  #writeShape(description: TypeDescription, place: Place): Draft | Reference {
    const { shape, text } = description;
    const ours = this.#writeOurs(description, place);
    if (ours) return ours;
    // For a whole parameter the schema itself is used; whoever gives a result has made it.
    if (description.inferredFrom && place.role === 'parameter') {
      return this.refuse(description, place, inferredRefusal(description.inferredFrom.name));
    }
    switch (shape.kind) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
      case 'object':
        return { type: shape.kind };
      case 'any':
      case 'unknown':
        this.#warnOfAnything(description, place);
        return {};
      case 'bigint':
        return writeBigint();
      case 'literal':
        if (typeof shape.value === 'bigint') return writeBigint([shape.value]);
        return { type: typeof shape.value, const: shape.value };
      case 'undefined':
        return isWhole(place) ? { type: 'null' } : this.refuse(description, place, refusedKinds.undefined);
      case 'never':
      case 'symbol':
      case 'function':
      case 'computedEnum':
      case 'generic':
        return this.refuse(description, place, refusedKinds[shape.kind]);
      case 'unresolved':
        return this.refuse(description, place, unresolved(text));
      case 'library':
        return (
          platformTypes.get(shape.name)?.(this, shape.arguments, place) ??
          this.refuse(description, place, refusedLibrary.get(shape.name) ?? refusedOther)
        );
      case 'template':
        return writeTemplate(this, shape.parts, description, place);
      case 'array':
        return { type: 'array', items: this.write(shape.element, inside(place, '[]')) };
      case 'tuple':
        return writeTuple(this, shape.elements, description, place);
      case 'union':
        return writeUnion(this, this.#withoutItemErrors(shape.members, place), description, place);
      case 'structure':
        return this.#writeStructure(shape, description, place);
      default:
        return unexpected(shape);
    }
  }

  /** In the result of an item its error may stand, which no caller gets as a value. */
  #withoutItemErrors(members: readonly TypeHandle[], { role, path }: Place): readonly TypeHandle[] {
    if (role !== 'result' || path !== '[]') return members;
    return members.filter((member) => {
      const { name, declaredIn } = this.#compiler.describe(member);
      return name !== 'ItemError' || !this.#isOurs(declaredIn);
    });
  }

  #writeStructure(
    { properties, indexes }: TypeShape & { kind: 'structure' },
    description: WrittenType,
    place: Place,
  ): Draft {
    const method = properties.find(({ isMethod }) => isMethod);
    if (method) return this.refuse(description, place, methodRefusal(method.name));
    const schema: Draft = { type: 'object' };
    const written: Draft = {};
    const required: string[] = [];
    for (const property of properties) {
      setKey(written, property.name, this.writeProperty(property, place));
      if (!property.isOptional && this.#compiler.describe(property.type).shape.kind !== 'undefined') {
        required.push(property.name);
      }
    }
    if (properties.length > 0) schema.properties = written;
    if (required.length > 0) schema.required = required;
    return writeIndexes(this, indexes, schema, place) ? schema : this.refuse(description, place, indexRefusal);
  }

  #warnOfAnything({ text, written }: TypeDescription, place: Place): void {
    const sentence = `${who(place)} has the type "${text}", so that anything is let through unchecked; write what it is made of`;
    this.#problems.warn(place.location, sentence, written);
  }

  /** Types such as `type Grow<A> = { a: Grow<A[]> }` never end. */
  #isTooLarge(description: TypeDescription, place: Place): boolean {
    this.#typeCount += 1;
    if (place.depth <= maxDepth && this.#typeCount <= maxTypes) return false;
    if (this.#typeCount < Infinity) this.refuse(description, { ...place, path: shorten(place.path) }, endlessRefusal);
    this.#typeCount = Infinity; // said once, and the rest is not looked at
    return true;
  }

  #nameOf({ name, nameArguments, text }: TypeDescription, depth = 0): string {
    if (name === undefined) return toDefinitionName(text);
    if (depth > 3) return toDefinitionName(name);
    const parts = nameArguments.map((argument) => {
      const described = this.#compiler.describe(argument);
      if (described.shape.kind === 'array') {
        return `${this.#nameOf(this.#compiler.describe(described.shape.element), depth + 1)}_array`;
      }
      return this.#nameOf(described, depth + 1);
    });
    return toDefinitionName([name, ...parts].join('_'));
  }
}

function isComposite(shape: TypeShape): boolean {
  if (shape.kind === 'library') return shape.arguments.length > 0;
  return ['structure', 'union', 'array', 'tuple'].includes(shape.kind);
}

function shorten(path: string): string {
  return path.length > 40 ? `${path.slice(0, 40)}…` : path;
}

function contextRefusal(name: string): Refusal {
  return {
    why: 'which is given by bentots and not by the caller',
    remedy: () => `make it the last parameter of the method: ctx: ${name}`,
  };
}

const itemErrorRefusal: Refusal = {
  why: 'which stands in the place of the result of one item, and nowhere else',
  remedy: () => 'let a batchable method give an array of results or errors: Promise<(number[] | ItemError)[]>',
};

const chunkRefusal: Refusal = {
  why: 'which is a whole item of the stream of a batchable method, and nothing else',
  remedy: () =>
    'let the method give AsyncIterable<ItemChunk<…>>, with the types of all chunks inside: ItemChunk<A | B>',
};

const eventRefusal: Refusal = {
  why: 'which is a whole item of a stream and nothing else',
  remedy: () =>
    'let the method give AsyncIterable<ServerEvent<…>>, with the types of all items inside: ServerEvent<A | B>',
};

const indexRefusal: Refusal = {
  why: 'whose keys are neither strings nor templates that can be checked in linear time',
  remedy: (say) => `use string keys: ${say('Record<string, …>')}`,
};

const endlessRefusal: Refusal = {
  why: 'which goes on without an end',
  remedy: () => 'let the type refer to itself with the same type arguments, or write out its levels',
};

function inferredRefusal(name: string): Refusal {
  return {
    why: `which is inferred from ${name}, but inside of another type, where what ${name} checks would be lost`,
    remedy: () => 'infer the type of the whole parameter from one schema, or write out this type',
  };
}

function methodRefusal(name: string): Refusal {
  const what = name.startsWith('__@') || name.startsWith('__#') ? 'a member that is no data' : `the method "${name}"`;
  return { why: `which has ${what} and cannot cross the wire`, remedy: () => 'send an interface with data only' };
}

function unresolved(text: string): Refusal {
  if (text === 'any') {
    return {
      why: 'since something that it is made of cannot be found',
      remedy: () => 'fix the import, or write the type',
    };
  }
  const isStream = /^Async(Iterable|Iterator|IterableIterator|Generator)$/.test(text);
  return isStream
    ? { why: 'which does not say what its items are', remedy: () => `write the type of the items: ${text}<string>` }
    : { why: 'which cannot be found', remedy: () => 'fix its import, or install the package that declares it' };
}

function unexpected(shape: never): never {
  throw new Error(`a type of an unknown kind: ${JSON.stringify(shape)}`);
}
