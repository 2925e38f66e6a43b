/** Bodies that are one value as a whole, in a media type of its own: a table as CSV, where a method takes a table. */
import type { ForeignReader } from '../io/io-type.ts';
import { foreignMediaTypes, ioTypeOf } from '../io/io-types.ts';
import { definitionsOf, resolveReference } from './schema-parts.ts';
import type { ApiSpec, JsonSchema } from './service-spec.ts';

/** A body that is not JSON, and becomes it. */
export interface ForeignBody {
  readonly needs: ForeignReader['needs'];
  /** The body → JSON as the method takes it, which nobody has checked yet. @throws ServiceError `MALFORMED_BODY` */
  read(body: Uint8Array, library: unknown, jsonDepthLimit: number): unknown;
}

/** What reads a body of this media type for a method; undefined where it takes none. */
export function foreignBodyOf(api: ApiSpec, mediaType: string): ForeignBody | undefined {
  if (!foreignMediaTypes.has(mediaType)) return undefined; // most bodies are JSON, and are not kept waiting
  const place = placeOf(api);
  const reader = place && ioTypeOf(place.schema)?.bodies?.get(mediaType);
  if (!reader) return undefined;
  const { name, schema } = place;
  const whole = { ...schema, $defs: definitionsOf(api.checkedInput ?? api.input) };
  return {
    needs: reader.needs,
    read(body, library, jsonDepthLimit) {
      const value = reader.read(body, whole, library as never, jsonDepthLimit); // the library that it needs
      return name === undefined ? value : { [name]: value };
    },
  };
}

/** The media types of such bodies. */
export function foreignMediaTypesOf(api: ApiSpec): readonly string[] {
  const place = placeOf(api);
  return place ? [...(ioTypeOf(place.schema)?.bodies?.keys() ?? [])] : [];
}

interface Place {
  /** Of the parameter, where the body as a whole is none. */
  readonly name?: string;
  readonly schema: JsonSchema;
}

/** The body itself, or the one parameter that may come so, if a caller can leave out all others. */
function placeOf({ body, parameters, input, checkedInput = input }: ApiSpec): Place | undefined {
  const definitions = definitionsOf(checkedInput);
  const resolve = (schema: JsonSchema) => resolveReference(schema, definitions) ?? schema;
  if (body !== 'fields') return { schema: resolve(checkedInput) };
  const properties = (checkedInput.properties ?? {}) as Readonly<Record<string, JsonSchema>>; // of an object with these
  const places = parameters.flatMap(({ name }) => {
    const schema = Object.hasOwn(properties, name) ? resolve(properties[name] as JsonSchema) : {};
    return ioTypeOf(schema)?.bodies ? [{ name, schema }] : [];
  });
  const [only] = places;
  const isAlone = places.length === 1 && parameters.every(({ name, isRequired }) => !isRequired || name === only?.name);
  return isAlone ? only : undefined;
}
