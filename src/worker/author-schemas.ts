/** Runs the author's own schemas around a method: on its arguments before, on what it gives after. */
import { ServiceError, type Violation } from '../errors.ts';
import {
  isStandardSchema,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  validate,
} from '../sdk/author-schema.ts';
import { printPath } from '../spec/quote.ts';
import { isSchema } from '../spec/schema-parts.ts';
import type { ApiSpec } from '../spec/service-spec.ts';

/** A value, at once or later. */
type Eventually<T> = T | PromiseLike<T>;

/** What runs around one method; what is absent has nothing to run. */
export interface MethodSchemas {
  /** Gives the arguments as the schemas make them. @throws ServiceError `INVALID_INPUT` */
  readonly input?: (args: readonly unknown[]) => Eventually<readonly unknown[]>;
  /** Gives a result, or an item, as the schema makes it. @throws ServiceError `OUTPUT_INVALID` */
  readonly output?: (value: unknown) => Eventually<unknown>;
}

/** The values that the options of `@api` give, and those that parameter types are inferred from. */
export interface GivenSchemas {
  readonly input?: unknown;
  readonly output?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  /** By parameter; a `check` gives the method what was sent, and not what the schema makes of it. */
  readonly inferred?: ReadonlyMap<string, { readonly schema: unknown; readonly gives: 'input' | 'output' }>;
}

/** What there is to run for a method. */
export function createMethodSchemas(api: Pick<ApiSpec, 'body' | 'parameters'>, given: GivenSchemas): MethodSchemas {
  const input = inputOf(api, given);
  const { output } = given;
  return {
    ...(input ? { input } : {}),
    ...(isStandardSchema(output) ? { output: (value) => then(run(output, value), checkOutput) } : {}),
  };
}

function inputOf({ body, parameters }: Pick<ApiSpec, 'body' | 'parameters'>, given: GivenSchemas) {
  const names = parameters.map(({ name }) => name);
  if (isSchema(given.input) && !isStandardSchema(given.input)) {
    // JSON Schema: of its words only the defaults do something here.
    const properties = isSchema(given.input.properties) ? given.input.properties : {};
    const params = body === 'fields' ? properties : { [names[0] ?? '']: given.input };
    return inputOf({ body, parameters }, { params });
  }
  if (isStandardSchema(given.input)) {
    return body === 'fields' ? wholeObject(given.input, names) : eachParameter([{ schema: given.input, loc: [] }]);
  }
  const single = names.map((name) => {
    const explicit = given.params && Object.hasOwn(given.params, name) ? given.params[name] : undefined;
    const { schema, gives } =
      explicit === undefined ? (given.inferred?.get(name) ?? {}) : { schema: withDefault(explicit) };
    const loc = body === 'fields' ? [name] : [];
    return isStandardSchema(schema) ? { schema, loc, isCheckOnly: gives === 'input' } : undefined;
  });
  return single.some((one) => one !== undefined) ? eachParameter(single) : undefined;
}

/** JSON Schema with a default, as a schema that fills it in. */
function withDefault(schema: unknown): unknown {
  if (isStandardSchema(schema) || !isSchema(schema) || !('default' in schema)) return schema;
  const validate = (value: unknown) => ({ value: value === undefined ? structuredClone(schema.default) : value });
  return { '~standard': { version: 1, vendor: 'bentots', validate } } satisfies StandardSchema;
}

/** One schema for all parameters: they are the properties of what it gives. */
function wholeObject(schema: StandardSchema, names: readonly string[]) {
  return (args: readonly unknown[]): Eventually<readonly unknown[]> => {
    const sent = names.flatMap((name, at) => (args[at] === undefined ? [] : [[name, args[at]] as const]));
    return then(run(schema, Object.fromEntries(sent)), (result) => {
      if (result.issues) throw refuseInput([{ loc: [], issues: result.issues }]);
      const { value } = result;
      if (typeof value !== 'object' || value === null) {
        throw new TypeError(
          'the input schema gave no object with the parameters; let its transforms keep their names, or take the whole with body: true',
        );
      }
      return names.map((name) => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined));
    });
  };
}

interface SingleSchema {
  readonly schema: StandardSchema;
  readonly loc: readonly string[];
  /** Whether the method gets the value as it was sent. */
  readonly isCheckOnly?: boolean;
}

/** A schema for each parameter that has one. */
function eachParameter(single: readonly (SingleSchema | undefined)[]) {
  return (args: readonly unknown[]): Eventually<readonly unknown[]> => {
    const results = single.map((one, at) => (one ? run(one.schema, args[at]) : { value: args[at] }));
    const settled = results.some(isThenable) ? Promise.all(results) : (results as SchemaResult<unknown>[]); // none is one
    return then(settled, (all) => {
      const wrong = all.flatMap(({ issues }, at) => {
        // Where the schema does not take `undefined`, a default of JavaScript's own is waiting.
        const isLeftOut = args[at] === undefined;
        return issues && !isLeftOut ? [{ loc: single[at]?.loc ?? [], issues }] : [];
      });
      if (wrong.length > 0) throw refuseInput(wrong);
      return all.map((result, at) => (result.issues || single[at]?.isCheckOnly ? args[at] : result.value));
    });
  };
}

function run(schema: StandardSchema, value: unknown): Eventually<SchemaResult<unknown>> {
  try {
    const result = validate(schema, value);
    return isThenable(result) ? result.then(undefined, schemaThrew) : result;
  } catch (error) {
    return schemaThrew(error);
  }
}

/**
 * A schema that throws is a mistake of its author, and not of the caller. It is told by a promise: thrown here, it would
 * leave the promises of other parameters without anyone who hears of their failure.
 */
function schemaThrew(cause: unknown): Promise<never> {
  const message = cause instanceof Error ? cause.message : String(cause);
  return Promise.reject(new TypeError(`a schema threw instead of saying what is wrong: ${message}`, { cause }));
}

function checkOutput(result: SchemaResult<unknown>): unknown {
  if (!result.issues) return result.value;
  const [first, ...more] = result.issues.map((issue) => toViolation(issue, []));
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  const problem = first ? `${printPath(first.loc)}: ${first.msg}${rest}` : 'it says no more';
  const cause = new TypeError(`the result does not fit its output schema: ${problem}`);
  throw new ServiceError('OUTPUT_INVALID', {}, { cause });
}

const listedAtMost = 100;
const shownCharacters = 500;

function refuseInput(wrong: readonly { readonly loc: readonly string[]; readonly issues: readonly SchemaIssue[] }[]) {
  const detail = wrong.flatMap(({ loc, issues }) =>
    issues.slice(0, listedAtMost).map((issue) => toViolation(issue, loc)),
  );
  const [first, ...more] = detail;
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  const problem = first ? `invalid input: ${printPath(first.loc)}: ${first.msg}${rest}` : 'invalid input';
  return new ServiceError('INVALID_INPUT', { problem }, { detail: detail.slice(0, listedAtMost) });
}

/** Libraries say more than the standard asks: most have a word for the rule. */
function toViolation(issue: SchemaIssue, loc: readonly string[]): Violation {
  const { code, type } = issue as { readonly code?: unknown; readonly type?: unknown };
  const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  return {
    loc: [...loc, ...path.map((key) => (typeof key === 'symbol' ? String(key) : key))],
    msg: String(issue.message).slice(0, shownCharacters),
    type: [code, type].find((word) => typeof word === 'string') ?? 'schema',
  };
}

function then<T, U>(value: Eventually<T>, next: (value: T) => U): Eventually<U> {
  return isThenable(value) ? value.then(next) : next(value);
}

function isThenable<T>(value: Eventually<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
