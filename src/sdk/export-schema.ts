/** A schema of the author's → what data can say of it, for the process that must not run the author's code. */
import { ServiceError } from '../errors.ts';
import type { DecoratedSchemas, ExportedSchema } from '../spec/decorated.ts';
import { isSchema } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { isStandardSchema, type StandardSchema, validate } from './author-schema.ts';

/** Loads a package as the author's file would. */
export type LoadPackage = (name: string) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Exports the schemas among the options of one method.
 * @param owner class and method.
 * @throws ServiceError `SERVICE_INVALID`, saying which one is no schema, or cannot be written as JSON Schema.
 */
export async function exportSchemas(
  options: Readonly<Record<string, unknown>>,
  owner: string,
  loadPackage: LoadPackage,
): Promise<DecoratedSchemas> {
  const { input, output, params } = options;
  const write = (schema: unknown, side: 'input' | 'output', what: string) =>
    exportSchema(schema, { side, where: `${what} of ${owner}`, loadPackage });
  const exported: [string, ExportedSchema][] = [];
  for (const [name, schema] of Object.entries((params ?? {}) as Readonly<Record<string, unknown>>)) {
    exported.push([name, await write(schema, 'input', `params.${name}`)]);
  }
  return {
    ...(input === undefined ? {} : { input: await write(input, 'input', 'the input') }),
    ...(output === undefined ? {} : { output: await write(output, 'output', 'the output') }),
    ...(params === undefined ? {} : { params: exported }),
  };
}

interface ExportOptions {
  /** What the schema takes, or what it gives. */
  readonly side: 'input' | 'output';
  /** Begins the message, for example `the input of Greeter.greet`. */
  readonly where: string;
  readonly loadPackage: LoadPackage;
}

/** Exports one schema. @throws ServiceError `SERVICE_INVALID` */
export async function exportSchema(schema: unknown, options: ExportOptions): Promise<ExportedSchema> {
  const { where } = options;
  if (!isStandardSchema(schema)) {
    const plain = toPlain(schema, where);
    return { schema: plain, isRun: false, takesUndefined: 'default' in plain };
  }
  const written = await writeJsonSchema(schema, options);
  return { schema: written, isRun: true, takesUndefined: options.side === 'input' && (await takesUndefined(schema)) };
}

const undefinedTimeoutMs = 1000; // nobody waits for a start that hangs on a refinement

/** How Standard Schema says that something may be left out: https://standardschema.dev/schema. */
async function takesUndefined(schema: StandardSchema): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), undefinedTimeoutMs);
  try {
    const result = await Promise.race([validate(schema, undefined), late.promise]);
    return result !== false && result.issues === undefined;
  } catch {
    return false; // it will throw again where it is used, and the log will say so
  } finally {
    clearTimeout(timer);
  }
}

type WriteJsonSchema = (side: 'input' | 'output') => unknown;

/** Libraries whose schemas leave this to a function beside them, so that bundlers can drop it. */
const writers: Readonly<Record<string, { readonly from: string; readonly of: WriterOf } | undefined>> = {
  valibot: {
    from: '@valibot/to-json-schema',
    of: ({ toStandardJsonSchema }, schema) => ownWriter((toStandardJsonSchema as Wrap)(schema)), // its documented use
  },
  // Of zod/mini; those of zod itself can do it.
  zod: {
    from: 'zod',
    of:
      ({ toJSONSchema }, schema) =>
      (io) =>
        (toJSONSchema as ZodWrite)(schema, { io, target: 'draft-2020-12' }),
  },
};

type WriterOf = (library: Readonly<Record<string, unknown>>, schema: StandardSchema) => WriteJsonSchema | undefined;
type Wrap = (schema: StandardSchema) => StandardSchema;
type ZodWrite = (schema: StandardSchema, options: { readonly io: string; readonly target: string }) => unknown;

function ownWriter(schema: StandardSchema): WriteJsonSchema | undefined {
  const { jsonSchema } = schema['~standard'];
  return jsonSchema && ((side) => jsonSchema[side]({ target: 'draft-2020-12' }));
}

async function findWriter(schema: StandardSchema, { where, loadPackage }: ExportOptions): Promise<WriteJsonSchema> {
  const own = ownWriter(schema);
  if (own) return own;
  const { vendor } = schema['~standard'];
  const cannot = `${where} is a schema of ${vendor}, which cannot write itself as JSON Schema`;
  const helper = Object.hasOwn(writers, vendor) ? writers[vendor] : undefined;
  if (!helper) throw invalid(`${cannot}; use a library that keeps to Standard JSON Schema, or give JSON Schema itself`);
  try {
    const writer = helper.of(await loadPackage(helper.from), schema);
    if (writer) return writer;
    throw new Error(`${helper.from} gave nothing that writes`);
  } catch (cause) {
    throw invalid(`${cannot} without a package beside it; run: npm install ${helper.from}`, cause);
  }
}

async function writeJsonSchema(schema: StandardSchema, options: ExportOptions): Promise<JsonSchema> {
  const { side, where } = options;
  const write = await findWriter(schema, options);
  try {
    return JSON.parse(JSON.stringify(write(side))) as JsonSchema; // plain data from here on
  } catch (cause) {
    const remedy =
      side === 'input'
        ? 'describe what is sent, for example a text that a transform turns into a date'
        : 'say what comes out of it, as .pipe(…) does after a transform, or leave the last step to the method';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`${where} cannot be written as JSON Schema (${why}); ${remedy}`, cause);
  }
}

const keywords =
  /^(?:\$|type$|properties$|items$|(?:all|any|one)Of$|enum$|const$|not$|(?:min|max)|title$|description$)/;

function toPlain(schema: unknown, where: string): JsonSchema {
  if (!isSchema(schema)) {
    const seen = Array.isArray(schema) ? 'an array' : typeof schema === 'function' ? 'a function' : String(schema);
    throw invalid(`${where} is ${seen}, but must be a schema: one of zod, arktype or the like, or JSON Schema`);
  }
  const inner = Object.keys(schema).filter((key) => isStandardSchema(schema[key]));
  if (inner.length > 0) {
    throw invalid(
      `${where} is an object with schemas in it (${inner.join(', ')}), but must be one schema; wrap them, as in z.object({ … }), or describe single parameters with params: { … }`,
    );
  }
  const names = Object.keys(schema);
  if (names.length > 0 && !names.some((name) => keywords.test(name))) {
    throw invalid(`${where} is an object without any keyword of JSON Schema (${names.join(', ')}); give it a schema`);
  }
  try {
    return JSON.parse(JSON.stringify(schema)) as JsonSchema;
  } catch (cause) {
    throw invalid(
      `${where} is no JSON Schema: ${cause instanceof Error ? cause.message : cause}; write plain data`,
      cause,
    );
  }
}

function invalid(problem: string, cause?: unknown): ServiceError {
  return new ServiceError('SERVICE_INVALID', { problem }, { cause });
}
