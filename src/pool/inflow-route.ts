/** What comes item by item → checked items, and the arguments that came before them. */
import { ServiceError, type Violation } from '../errors.ts';
import { wrapBytes } from '../io/bytes.ts';
import { Misfit } from '../io/misfit.ts';
import { createReader } from '../spec/codec.ts';
import { inflowOf } from '../spec/inflow.ts';
import type { ApiSpec, JsonSchema } from '../spec/service-spec.ts';
import { summarize, type Validator } from '../spec/validator.ts';

/** The argument of a method that may come item by item, as a door sees it. */
export interface InflowRoute {
  readonly at: number;
  /** Whether other arguments come before the items. */
  readonly hasOthers: boolean;
  /** Whether an item is bytes, which need no JSON. */
  readonly takesBytes: boolean;
  /** Whether bytes can come as they are. */
  readonly takesPieces: boolean;
  /**
   * The other arguments, in their places, from the object that came first.
   * @throws ServiceError `INVALID_INPUT`
   */
  toOthers(value: unknown, where: string): unknown[];
  /**
   * An item in the form in which it crosses.
   * @param index counts from 0.
   * @param where it stands for whoever sent it, for example `line 3`.
   * @throws ServiceError `INVALID_INPUT`
   */
  toItem(json: unknown, index: number, where: string): unknown;
  /** The same of bytes; only where items are. */
  toBytes(bytes: Uint8Array): unknown;
  /** @throws ServiceError `INVALID_INPUT` if there were too few, or are too many already. */
  assertCount(count: number, isEnd: boolean): void;
}

/** The route of the items; undefined where the method takes none. */
export function toInflowRoute(api: ApiSpec, compile: (schema: JsonSchema) => Validator): InflowRoute | undefined {
  const spec = inflowOf(api);
  if (!spec) return undefined;
  const { at, name, item, others, fewest, most, takesBytes, takesPieces } = spec;
  const path = api.body === 'fields' ? [name] : [];
  const items = createCheck(item, compile);
  const rest = others && createCheck(others, compile);
  return {
    at,
    hasOthers: others !== undefined,
    takesBytes,
    takesPieces,
    toOthers(value, where) {
      const named = (rest ? rest(value, [], where) : {}) as Readonly<Record<string, unknown>>; // the schema is of an object
      return api.parameters.map((one, place) =>
        place !== at && Object.hasOwn(named, one.name) ? named[one.name] : undefined,
      );
    },
    toItem: (json, index, where) => items(json, [...path, index], where),
    toBytes: (bytes) => wrapBytes(bytes, item),
    assertCount(count, isEnd) {
      if (count > most) throw invalid('', [{ loc: path, msg: `must have at most ${most} items`, type: 'maxItems' }]);
      if (isEnd && count < fewest) {
        const msg = `must have at least ${fewest} items, but has ${count}`;
        throw invalid('', [{ loc: path, msg, type: 'minItems' }]);
      }
    },
  };
}

function createCheck(schema: JsonSchema, compile: (schema: JsonSchema) => Validator) {
  const validator = compile(schema);
  const read = createReader(schema, (member) => compile(member).fits);
  return (json: unknown, path: readonly (string | number)[], where: string): unknown => {
    if (!validator.fits(json)) throw invalid(where, within(path, validator.violations(json, true)));
    try {
      return read ? read(json) : json;
    } catch (cause) {
      if (!(cause instanceof Misfit)) throw cause;
      throw invalid(where, within(path, [{ loc: cause.loc, msg: cause.message, type: cause.kind }]));
    }
  };
}

function within(path: readonly (string | number)[], violations: readonly Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, loc: [...path, ...violation.loc] }));
}

function invalid(where: string, detail: readonly Violation[]): ServiceError<'INVALID_INPUT'> {
  const problem = `invalid input: ${where === '' ? '' : `${where}: `}${summarize(detail)}`;
  return new ServiceError('INVALID_INPUT', { problem }, { detail });
}
