/** Decides what a method takes and gives: what its types say, or the schemas that its options give, which go first. */
import { ServiceError } from '../errors.ts';
import { wholeBodyForm } from '../io/answer.ts';
import type { DecoratedSchemas, ExportedSchema, MethodShape } from './decorated.ts';
import { embedSchema, type SchemaDefinitions } from './embed-schema.ts';
import { loosen } from './loosen.ts';
import type { ReflectedMethod } from './reflected.ts';
import type { SchemaCheck } from './schema-check.ts';
import { isSchema } from './schema-parts.ts';
import type { ApiSpec, JsonSchema, OutputSpec, ParameterSpec } from './service-spec.ts';

/** What is known of one method before its schemas are put together. */
export interface MethodSources {
  /** Class and method. */
  readonly owner: string;
  readonly takesBody: boolean;
  readonly schemas: DecoratedSchemas;
  readonly shape: MethodShape;
  /** What its types say; a plain JavaScript service has none. */
  readonly types: ReflectedMethod | undefined;
  /** Schemas of the values that parameter types are inferred from, by parameter. */
  readonly inferred: ReadonlyMap<string, ExportedSchema>;
  /** For JSON Schema that nothing else checks values with. */
  readonly checkPlain: SchemaCheck;
}

type Taken = Pick<ApiSpec, 'body' | 'parameters' | 'input' | 'checkedInput'>;

/** @throws ServiceError `SERVICE_INVALID` where the schemas and the method do not fit together. */
export function joinInput(sources: MethodSources): Taken {
  const { schemas, takesBody, owner } = sources;
  if (schemas.params && schemas.input) {
    throw invalid(`${owner} has input and params, which say the same in two ways; remove one`);
  }
  if (schemas.params && takesBody) {
    throw invalid(
      `${owner} has params and body: true, but a whole body has no parts with names; describe it with input`,
    );
  }
  if (takesBody) return joinBody(sources);
  return schemas.input ? joinObject(sources, schemas.input) : joinFields(sources);
}

/** The schema of what a method gives back. */
export function joinOutput({ schemas: { output }, types, owner, checkPlain }: MethodSources): OutputSpec {
  if (!output) return { schema: types?.output ?? {} };
  const where = `the output of ${owner}`;
  const write = (choose: Choose) => ({ ...wordsOf(types?.output), ...whole(choose(output), 'Output', where) });
  if (!output.isRun) checkPlain(output.schema, where);
  return { schema: write(asWritten), ...(output.isRun ? { checked: write(asChecked) } : {}) };
}

function joinBody({ owner, schemas, types, inferred, checkPlain }: MethodSources): Taken {
  const [parameter, second] = types?.parameters ?? [{ name: 'body', isRequired: true }];
  if (!parameter || second) {
    throw invalid(`${owner} has body: true, so that it must have one parameter beside a Context; give it one`);
  }
  const given = schemas.input ?? inferred.get(parameter.name);
  if (!given) {
    if (!types)
      throw invalid(`${owner} has body: true, but plain JavaScript has no types; describe the body with input: …`);
    return { body: wholeBodyForm(types.input), parameters: types.parameters, input: types.input };
  }
  const where = `the input of ${owner}`;
  if (!given.isRun) checkPlain(given.schema, where);
  const write = (choose: Choose) => ({ ...wordsOf(types?.input), ...whole(choose(given), 'Input', where) });
  const input = write(asWritten);
  return {
    body: wholeBodyForm(input),
    parameters: [{ ...parameter, isRequired: parameter.isRequired && !given.takesUndefined }],
    input,
    ...(given.isRun ? { checkedInput: write(asChecked) } : {}),
  };
}

/** One schema for all parameters: its properties are the parameters. */
function joinObject({ owner, types, checkPlain }: MethodSources, given: ExportedSchema): Taken {
  const where = `the input of ${owner}`;
  if (!types) {
    throw invalid(
      `${owner} has an input, but plain JavaScript does not say what its parameters are called; describe them in order with params: { … }, or take the whole with body: true`,
    );
  }
  if (!given.isRun) checkPlain(given.schema, where);
  const write = (choose: Choose) => whole(choose(given), 'Input', where);
  const input = write(asWritten);
  const { properties, required } = input;
  if (input.type !== 'object' || !isSchema(properties)) {
    throw invalid(
      `${where} must describe an object with the parameters as its properties; for anything else add body: true`,
    );
  }
  const names = types.parameters.map(({ name }) => name);
  const missing = names.find((name) => !Object.hasOwn(properties, name));
  if (missing !== undefined) {
    throw invalid(
      `${owner} has the parameter "${missing}", which is not in its input (${Object.keys(properties).join(', ')}); add it to the schema, or take the whole with body: true`,
    );
  }
  const extra = Object.keys(properties).find((name) => !names.includes(name));
  if (extra !== undefined) {
    throw invalid(
      `${where} has "${extra}", which ${owner} has no parameter for; add the parameter, or take the whole with body: true`,
    );
  }
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  return {
    body: 'fields',
    parameters: names.map((name) => ({ name, isRequired: isRequired(name) })),
    input: inOrder(input, names),
    ...(given.isRun ? { checkedInput: inOrder(write(asChecked), names) } : {}),
  };
}

/** Parameters one by one: each from its schema, else from its type. */
function joinFields({ owner, schemas, shape, types, inferred, checkPlain }: MethodSources): Taken {
  const explicit = new Map([...inferred, ...(schemas.params ?? [])]);
  const parameters =
    types?.parameters ??
    explicit
      .keys()
      .map((name): ParameterSpec => ({ name, isRequired: true }))
      .toArray();
  if (!types && !schemas.params) {
    throw invalid(
      `${owner} is plain JavaScript, which has no types; describe its parameters in order with params: { … }, params: {} if it takes none`,
    );
  }
  const names = parameters.map(({ name }) => name);
  // One more may be the Context.
  if (!types && shape.parameterCount > names.length + 1) {
    throw invalid(
      `${owner} has ${shape.parameterCount} parameters, but its params are ${names.join(', ') || 'none'}; describe all of them in order`,
    );
  }
  const number = names.find((name) => /^\d+$/.test(name));
  if (number !== undefined) {
    throw invalid(`params of ${owner} has "${number}", a number, and JavaScript puts those first; give it a name`);
  }
  const unknown = [...explicit.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw invalid(
      `params of ${owner} has "${unknown}", but its parameters are ${names.join(', ') || 'none'}; give both the same name`,
    );
  }
  const joined = parameters.map((parameter) => {
    const given = explicit.get(parameter.name);
    if (given && !given.isRun) checkPlain(given.schema, `params.${parameter.name} of ${owner}`);
    return { ...parameter, isRequired: parameter.isRequired && given?.takesUndefined !== true };
  });
  const write = (choose: Choose): JsonSchema => {
    const $defs: SchemaDefinitions = { ...(types?.input.$defs as SchemaDefinitions | undefined) };
    const inferredProperties = (types?.input.properties ?? {}) as JsonSchema; // an object of schemas
    const properties = names.map((name) => {
      const given = explicit.get(name);
      const said = inferredProperties[name] as JsonSchema | undefined; // a schema
      if (!given) return [name, said] as const;
      const embedded = embedSchema(choose(given), name, $defs, `params.${name} of ${owner}`);
      return [name, { ...wordsOf(said), ...embedded }] as const;
    });
    const required = joined.filter(({ isRequired }) => isRequired).map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 ? { required } : {}),
      ...(Object.keys($defs).length > 0 ? { $defs } : {}),
    };
  };
  const isAnyRun = explicit.values().some(({ isRun }) => isRun);
  return {
    body: 'fields',
    parameters: joined,
    input: explicit.size === 0 && types ? types.input : write(asWritten),
    ...(isAnyRun ? { checkedInput: write(asChecked) } : {}),
  };
}

type Choose = (given: ExportedSchema) => JsonSchema;

const asWritten: Choose = ({ schema }) => schema;

/** What the author's own schema checks better is left to it. */
const asChecked: Choose = ({ schema, isRun }) => (isRun ? loosen(schema) : schema);

const words = ['title', 'description', 'default', 'examples', 'deprecated'];

/** What the author's comments say, without what the type says: the schema goes before that. */
function wordsOf(inferred: JsonSchema = {}): JsonSchema {
  return Object.fromEntries(Object.entries(inferred).filter(([keyword]) => words.includes(keyword)));
}

/** A schema as a document of its own. */
function whole(schema: JsonSchema, name: string, where: string): JsonSchema {
  const $defs: SchemaDefinitions = {};
  const root = embedSchema(schema, name, $defs, where);
  return Object.keys($defs).length > 0 ? { ...root, $defs } : root;
}

/** Arguments are given by position: the properties stand in the order of the parameters. */
function inOrder(input: JsonSchema, names: readonly string[]): JsonSchema {
  const properties = input.properties as JsonSchema; // looked at above
  return { ...input, properties: Object.fromEntries(names.map((name) => [name, properties[name]])) };
}

function invalid(problem: string): ServiceError {
  return new ServiceError('SERVICE_INVALID', { problem });
}
