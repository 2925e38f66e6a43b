/** `useArguments`: what a service is told when it is started, for its modules to use while they are evaluated. */

import { argumentOptions } from '../config/build-options.ts';
import { nearest } from '../config/nearest.ts';
import { type Given, type Resolved, resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import type { ArgumentSpec } from '../spec/service-spec.ts';
import { isStandardSchema, type SchemaResult, type StandardSchema } from './author-schema.ts';
import { evaluationArguments } from './inject.ts';

/** One argument as plain data; what each key means and its default stand in the options reference. */
export interface PlainArgument extends Given<typeof argumentOptions> {
  readonly '~standard'?: undefined;
}

/** What an argument may be: plain data, or a schema of zod, valibot, arktype or any library with Standard Schema. */
export type ArgumentSchema = PlainArgument | Pick<StandardSchema, '~standard'>;

const secretMark = Symbol.for('bentots.secret/1');

/** An argument whose value is never written down. */
export interface SecretArgument<S extends ArgumentSchema = ArgumentSchema> {
  readonly [secretMark]: S;
}

/** The arguments of {@link useArguments}, by name. */
export type ArgumentDeclarations = { readonly [name: string]: ArgumentSchema | SecretArgument };

/** The values of arguments, as their declarations say. */
export type ArgumentValues<Declarations extends ArgumentDeclarations> = {
  readonly [Name in keyof Declarations]: ArgumentValue<Declarations[Name]>;
};

type ArgumentValue<D> = D extends { readonly [secretMark]: infer S }
  ? ArgumentValue<S>
  : D extends { readonly '~standard': { readonly types?: infer Types } }
    ? NonNullable<Types> extends { readonly output: infer Output }
      ? Output
      : unknown
    : PlainValue<D> | (D extends { readonly isOptional: true } ? undefined : never);

type PlainValue<D> = D extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : D extends { readonly type: 'number' | 'integer' }
    ? number
    : D extends { readonly type: 'boolean' }
      ? boolean
      : string;

/**
 * Declares an argument whose value is kept out of bentos, specs and messages.
 *
 * @example
 * ```ts
 * const { hubToken } = useArguments({ hubToken: secret({ type: 'string' }) });
 * ```
 */
export function secret<const S extends ArgumentSchema>(schema: S): SecretArgument<S> {
  return { [secretMark]: schema };
}

/**
 * Gives what `bento serve --arg name=value`, `--arg-file` or `serve(target, { args })` said, checked: called where a
 * module is evaluated, so that decorators can use it. A text that does not fit is taken for the number or the boolean
 * that it says. Outside of a server nothing is given, and defaults hold.
 *
 * @example
 * ```ts
 * const args = useArguments({
 *   model: { type: 'string', description: 'Which weights are served.' },
 *   quant: { enum: ['q4', 'q8'], default: 'q4' },
 * });
 * ```
 * @returns the values, which nothing changes afterwards.
 * @throws ServiceError `ARGUMENT_INVALID` if one is missing or wrong; `OPTION_UNKNOWN`, `OPTION_INVALID` or
 *   `SERVICE_INVALID` if a declaration is.
 */
export function useArguments<const Declarations extends ArgumentDeclarations>(
  declarations: Declarations,
): ArgumentValues<Declarations> {
  const { given = {}, declared } = evaluationArguments() ?? {};
  const all = Object.entries(declarations).map(([name, declaration]) => toArgument(name, declaration));
  for (const { spec } of all) declared?.set(spec.name, spec);
  const problems: string[] = [];
  const values = all.map((argument) => {
    const { name } = argument.spec;
    const value = Object.hasOwn(given, name) ? structuredClone(given[name]) : undefined;
    const result = read(argument, value);
    if (!result.issues) return [name, result.value] as const;
    problems.push(
      value === undefined
        ? sayMissing(name, given, Object.keys(declarations))
        : sayWrong(argument, value, result.issues),
    );
    return [name, undefined] as const;
  });
  if (problems.length > 0) throw new ServiceError('ARGUMENT_INVALID', { problem: problems.join('; ') });
  return Object.freeze(Object.fromEntries(values)) as ArgumentValues<Declarations>; // each as its declaration says
}

interface Argument {
  readonly spec: ArgumentSpec;
  check(value: unknown): SchemaResult<unknown>;
}

function toArgument(name: string, declaration: ArgumentSchema | SecretArgument): Argument {
  if (!/^[A-Za-z_][\w.-]{0,62}$/.test(name)) {
    const problem = `${JSON.stringify(name)} cannot be the name of an argument: it must have at most 63 letters, digits, "_", "." and "-", and begin with a letter`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  const isSecret = typeof declaration === 'object' && declaration !== null && secretMark in declaration;
  const schema = isSecret ? declaration[secretMark] : declaration;
  if (!isStandardSchema(schema)) return toPlainArgument(name, schema, isSecret);
  const check = (value: unknown) => answerOf(name, schema['~standard'].validate(value));
  return { spec: { name, isSecret, isRequired: check(undefined).issues !== undefined }, check };
}

function toPlainArgument(name: string, schema: unknown, isSecret: boolean): Argument {
  const where = `useArguments, ${name}`;
  const row = resolveOptions(argumentOptions, schema, where);
  const wanted = describe(row);
  const check = (value: unknown): SchemaResult<unknown> => {
    const said = value === undefined ? row.default : value;
    if (said === undefined && row.isOptional) return { value: undefined };
    return fits(row, said) ? { value: said } : { issues: [{ message: `must be ${wanted}` }] };
  };
  if (row.default !== undefined && !fits(row, row.default)) {
    throw new ServiceError('OPTION_INVALID', { where, name: 'default', seen: show(row.default), wanted });
  }
  const { description } = row;
  const isRequired = row.default === undefined && !row.isOptional;
  return { spec: { name, ...(description === undefined ? {} : { description }), isSecret, isRequired }, check };
}

type PlainRow = Resolved<typeof argumentOptions>;

function fits({ type, enum: values, minimum, maximum }: PlainRow, value: unknown): boolean {
  if (values.length > 0) return values.includes(value);
  if (type === 'string' || type === 'boolean') return typeof value === type;
  const isNumber = type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isNumber && Number(value) >= (minimum ?? -Infinity) && Number(value) <= (maximum ?? Infinity);
}

function describe({ type, enum: values, minimum, maximum }: PlainRow): string {
  if (values.length > 0) return `one of ${values.map(show).join(', ')}`;
  if (type === 'string') return 'a text';
  if (type === 'boolean') return 'true or false';
  const least = minimum === undefined ? '' : `, ${minimum} or more`;
  const most = maximum === undefined ? '' : `, at most ${maximum}`;
  return `${type === 'integer' ? 'a whole number' : 'a number'}${least}${most}`;
}

/** The modules go on when they have their arguments, so that whoever answers later cannot be asked. */
function answerOf(name: string, result: ReturnType<StandardSchema['~standard']['validate']>): SchemaResult<unknown> {
  if (!('then' in result)) return result;
  result.then(undefined, () => {}); // it is not waited for
  const problem = `the argument ${name} has a schema with async checks, and useArguments cannot wait; make them sync`;
  throw new ServiceError('SERVICE_INVALID', { problem });
}

/** What is said on a command line is text, also where a number is meant. */
function read({ check }: Argument, value: unknown): SchemaResult<unknown> {
  const result = check(value);
  if (!result.issues || typeof value !== 'string' || !/^(?:true|false|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(value))
    return result;
  const meant = check(JSON.parse(value.replace(/^(-?)0+(?=\d)/, '$1')));
  return meant.issues ? result : meant;
}

function sayMissing(name: string, given: object, declared: readonly string[]): string {
  const others = Object.keys(given).filter((one) => !declared.includes(one));
  const guess = nearest(name, others);
  const hint = guess === undefined ? '' : `; "${guess}" is given, did you mean that?`;
  return `the argument ${name} is missing: give it with --arg ${name}=…, in a file with --arg-file, or to serve() as args${hint}`;
}

function sayWrong({ spec }: Argument, value: unknown, issues: readonly { readonly message: string }[]): string {
  const { name, isSecret } = spec;
  if (isSecret) return `the argument ${name} is not what it must be; it is secret, so that it is not shown`;
  return `the argument ${name} is ${show(value)}: ${issues.map(({ message }) => message).join(', ')}`;
}

const show = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};
