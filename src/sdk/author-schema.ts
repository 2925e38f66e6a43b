/** Schemas that authors give as values: what they must be, and how they are told from anything else. */
/** What a schema says of a value: what became of it, or what is wrong. See https://standardschema.dev/schema. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema of zod, arktype, valibot with `toStandardJsonSchema`, or any other library that keeps to Standard Schema and
 * Standard JSON Schema.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** How Standard JSON Schema has it; without it the schema cannot be used, but for those of valibot. */
    readonly jsonSchema?:
      | {
          readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
          readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
        }
      | undefined;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A schema as an author may give it: an object of a library, or JSON Schema itself. */
export type Schema = StandardSchema | PlainSchema;

/** JSON Schema 2020-12 as it is. */
export type PlainSchema = object & { readonly '~standard'?: undefined };

/** Whether a value is a schema of a library, which can check values itself. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (!isHolder || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}

/** Has a schema say what it thinks of a value. */
export function validate(
  schema: StandardSchema,
  value: unknown,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  const { vendor } = schema['~standard'];
  const { safeParseAsync } = schema as Partial<ZodSchema>;
  if (vendor !== 'zod' || typeof safeParseAsync !== 'function') return schema['~standard'].validate(value);
  // Through the standard, zod first tries to answer at once: a refinement that is async then runs twice, and the first
  // time nobody hears of its failure, which would end the process.
  return safeParseAsync(value).then((result) => (result.success ? { value: result.data } : result.error));
}

interface ZodSchema {
  safeParseAsync(
    value: unknown,
  ): Promise<{ success: true; data: unknown } | { success: false; error: { readonly issues: readonly SchemaIssue[] } }>;
}
