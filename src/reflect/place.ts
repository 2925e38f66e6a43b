/** Names the place in a method where a type stands, for the one who reads an error. */
import type { SourceLocation } from '../spec/service-spec.ts';
import type { PropertyDescription, TypeDescription, TypeHandle } from './compiler.ts';
import type { Draft, Reference } from './definitions.ts';
import type { Refusal } from './refused.ts';

/** Where in a method a type stands. */
export interface Place {
  readonly role: 'parameter' | 'result' | 'item';
  /** From the outermost value, for example `event.when` or `items[]`; empty for a whole result. */
  readonly path: string;
  /** Name of the parameter or property itself, if it has one. */
  readonly name?: string;
  /** Class and method. */
  readonly owner: string;
  readonly location: SourceLocation;
  readonly depth: number;
}

/** A type as an author finds it again. */
export type WrittenType = Pick<TypeDescription, 'text' | 'written'>;

/** What the writers of composite types ask of the one that writes all types. */
export interface TypeWriter {
  describe(type: TypeHandle): TypeDescription;
  write(type: TypeHandle, place: Place): Draft | Reference;
  /** The schema of a property, with what its own comment says; `place` is that of the object. */
  writeProperty(property: PropertyDescription, place: Place): Draft | Reference;
  /** Notes that a type cannot be sent, and gives a schema to go on with. */
  refuse(type: WrittenType, place: Place, refusal: Refusal): Draft;
}

/** A place inside another one. */
export function inside(place: Place, step: string, name?: string, location = place.location): Place {
  const { role, owner, depth } = place;
  return { role, path: place.path + step, ...(name !== undefined && { name }), owner, location, depth: depth + 1 };
}

/** Whether the place is all that a method gives back. */
export function isWhole(place: Place): boolean {
  return place.role !== 'parameter' && place.path === '';
}

/** A place in words, for example `parameter "event.when" of Embedder.embed`. */
export function who({ role, path, owner }: Place): string {
  const name = role === 'item' ? 'streamed item' : role;
  return path === '' ? `${name} of ${owner}` : `${name} "${path}" of ${owner}`;
}
