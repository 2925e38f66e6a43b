/** Turns one `@api` method into its parameters and its schemas. */

import { envelopeKeyword } from '../io/io-type.ts';
import { responseSchema } from '../io/response.ts';
import { serverEvent } from '../io/server-event.ts';
import type { ReflectedMethod } from '../spec/reflected.ts';
import type { ParameterSpec, SchemaSource } from '../spec/service-spec.ts';
import { type ApiOptionsType, readApiOptions } from './api-options.ts';
import type {
  Compiler,
  DecoratorDescription,
  MethodDescription,
  ParameterDescription,
  TypeDescription,
  TypeHandle,
} from './compiler.ts';
import { isConstraint } from './constraints.ts';
import type { Draft, Reference } from './definitions.ts';
import { type Docs, type MethodDocs, parseComment, parseMethodComment } from './jsdoc.ts';
import { setKey } from './keys.ts';
import type { Place } from './place.ts';
import type { Problems } from './problems.ts';
import { SchemaWriter } from './schema.ts';

/** What the methods of one file have in common. */
export interface MethodContext {
  readonly compiler: Compiler;
  readonly problems: Problems;
  /** Whether a file belongs to bentots. */
  readonly isOurs: (declaredIn: string | undefined) => boolean;
}

/** Reflects a method that carries an `@api`; what is wrong with it goes to the problems. */
export function reflectMethod(
  method: MethodDescription,
  api: DecoratorDescription,
  className: string,
  context: MethodContext,
): ReflectedMethod {
  const owner = `${className}.${method.name}`;
  const options = readApiOptions(api, context.compiler);
  const takesBody = readTakesBody(options, api, owner, context.problems);
  const docs = parseMethodComment(method.comment);
  checkSignature(method, owner, context.problems);
  checkTags(docs, method, owner, context.problems);
  const { parameters, given, input } = reflectParameters(method, docs, owner, { options, takesBody }, context);
  const { kind, isAsync, givesChunks, output } = reflectResult(method, docs, owner, options, context);
  return {
    name: method.name,
    kind,
    isAsync,
    ...(docs.description !== '' && { description: docs.description }),
    ...(docs.tags.some(({ name }) => name === 'deprecated') && { isDeprecated: true }),
    takesBody,
    parameters,
    takesContext: given !== undefined,
    ...(given === 'BatchContext' && { takesBatchContext: true }),
    ...(givesChunks && { givesChunks }),
    input,
    output,
    source: method.location,
  };
}

function readTakesBody(
  { body }: ApiOptionsType,
  api: DecoratorDescription,
  owner: string,
  problems: Problems,
): boolean {
  if (body !== 'unclear') return body;
  problems.add(
    api.location,
    `the type of the options of ${owner} does not say whether body is true; write it in place: @api({ body: true })`,
  );
  return true;
}

function checkSignature(method: MethodDescription, owner: string, problems: Problems): void {
  if (method.signatureCount > 1) {
    problems.add(
      method.location,
      `${owner} is overloaded, so that its input has no single type; write one signature, with unions and optional parameters`,
    );
  }
  if (method.typeParameters.length > 0) {
    const names = method.typeParameters.join(', ');
    problems.add(
      method.location,
      `${owner} has type parameters of its own (${names}), which a caller cannot choose; write the concrete types`,
    );
  }
}

/** A limit that reaches no value would be lost without a word. */
function checkTags(docs: MethodDocs, method: MethodDescription, owner: string, problems: Problems): void {
  for (const tag of docs.tags.filter(isConstraint)) {
    problems.add(
      tag.location,
      `${owner}: @${tag.name} does not say which parameter it is for; write it after @param <name>`,
    );
  }
  const names = method.parameters.map(nameOf);
  for (const [name, part] of docs.parameters) {
    const lost = part.tags.find(isConstraint);
    if (lost && !names.includes(name)) {
      problems.add(
        lost.location,
        `${owner}: @${lost.name} is for a parameter "${name}" that does not exist; the parameters are ${names.join(', ') || 'none'}`,
      );
    }
  }
}

function reflectParameters(
  method: MethodDescription,
  docs: MethodDocs,
  owner: string,
  { options, takesBody }: { readonly options: ApiOptionsType; readonly takesBody: boolean },
  context: MethodContext,
) {
  const writer = new SchemaWriter(context.compiler, context.problems, context.isOurs);
  const parameters: ParameterSpec[] = [];
  const properties: Draft = {};
  let given: string | undefined;
  for (const [at, parameter] of method.parameters.entries()) {
    const { type, location } = parameter;
    const name = nameOf(parameter);
    const isLast = at === method.parameters.length - 1;
    given = isLast && parameter.form === 'named' ? contextIn(context.compiler.describe(type), context) : undefined;
    if (given !== undefined) continue;
    const problem = whyRefused(parameter, owner, { takesBody, isDescribed: options.describes(name) });
    if (problem !== undefined) {
      const underline = { ...location, length: parameter.name.length };
      context.problems.add(location, problem, parameter.form === 'destructured' ? underline : undefined);
      continue;
    }
    const place: Place = { role: 'parameter', path: name, name, owner, location, depth: 0 };
    const isDescribed = options.describes(name);
    const source = isDescribed ? undefined : readSource(parameter, owner, context);
    const schema = isDescribed || source ? {} : writer.write(type, place);
    for (const part of docsOf(parameter, docs)) {
      if (isDescribed || source) refuseLimits(part, `parameter "${name}" of ${owner}`, context.problems);
      writer.annotate(schema, part, place);
    }
    const from = source === 'out of reach' ? undefined : source;
    const own = writer.own(schema);
    if (parameter.initialiser?.kind === 'literal') own.default = parameter.initialiser.value;
    setKey(properties, name, schema);
    parameters.push({ name, isRequired: !parameter.isOptional, ...(from && { from }) });
  }
  if (takesBody) {
    checkBody(method, given !== undefined, owner, context.problems);
    const [body] = Object.values(properties);
    return { parameters, given, input: writer.finish((body ?? {}) as Draft | Reference) }; // written above
  }
  const required = parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  const input = writer.finish({ type: 'object', properties, ...(required.length > 0 && { required }) });
  return { parameters, given, input };
}

/** Which of the things it is that we give to a method ourselves. */
function contextIn({ name, declaredIn }: TypeDescription, { isOurs }: MethodContext): string | undefined {
  return (name === 'Context' || name === 'BatchContext') && isOurs(declaredIn) ? name : undefined;
}

/** The schema that the type of a parameter is inferred from, which says more than the type. */
function readSource(
  { name, type, location }: ParameterDescription,
  owner: string,
  { compiler, problems }: MethodContext,
): SchemaSource | 'out of reach' | undefined {
  const { inferredFrom } = compiler.describe(type);
  if (!inferredFrom) return undefined;
  const { exported, gives } = inferredFrom;
  if (exported) return { ...exported, gives };
  problems.add(
    location,
    `parameter "${name}" of ${owner} has a type that is inferred from ${inferredFrom.name}, which the server cannot import to check with it; export it where you declare it: export const ${inferredFrom.name.replace(/^.*\./, '')} = …, or give it with the method: @api({ params: { ${name}: ${inferredFrom.name} } })`,
  );
  return 'out of reach';
}

/** A schema that is given goes before everything else, so that a limit beside it would be lost. */
function refuseLimits(docs: Docs, what: string, problems: Problems): void {
  for (const tag of docs.tags.filter(isConstraint)) {
    problems.add(tag.location, `${what}: @${tag.name} stands beside a schema, which goes first; say it in the schema`);
  }
}

/** What callers and JSDoc call a parameter. */
function nameOf({ form, name }: ParameterDescription): string {
  return form === 'destructured' ? 'body' : name;
}

function docsOf(parameter: ParameterDescription, docs: MethodDocs): Docs[] {
  const { comment } = parameter;
  return [docs.parameters.get(nameOf(parameter)), comment && parseComment(comment)].filter(
    (part) => part !== undefined,
  );
}

/** The body as a whole is one value, so that it needs one parameter. */
function checkBody(method: MethodDescription, takesContext: boolean, owner: string, problems: Problems): void {
  const names = method.parameters.slice(0, takesContext ? -1 : undefined).map(({ name }) => name);
  if (names.length > 1) {
    problems.add(
      method.location,
      `${owner} has the parameters ${names.join(', ')}, but with body: true one parameter gets the whole body; take one object: ${method.name}(options: { … }), or leave body: true out`,
    );
  }
  if (names.length === 0) {
    problems.add(
      method.location,
      `${owner} has body: true, but no parameter that gets the body; add one: ${method.name}(text: string), or leave body: true out`,
    );
  }
}

function whyRefused(
  { form, name, isAnnotated, initialiser }: ParameterDescription,
  owner: string,
  { takesBody, isDescribed }: { readonly takesBody: boolean; readonly isDescribed: boolean },
): string | undefined {
  if (form === 'destructured' && !takesBody) {
    return `parameter "${name}" of ${owner} is destructured, so that it has no name for the caller; take the body as a whole with @api({ body: true }), or name each parameter: ${owner.split('.')[1]}(first: string, second: number)`;
  }
  if (form === 'rest') {
    return `parameter "...${name}" of ${owner} is a rest parameter, which has no name for each value; take an array: ${name}: string[]`;
  }
  if (name === '__proto__') {
    return `parameter "__proto__" of ${owner} has the name of JavaScript's prototype; choose another name`;
  }
  if (!isAnnotated && !initialiser && !isDescribed) {
    return `parameter "${name}" of ${owner} has no type; write it: ${name}: string`;
  }
  return undefined;
}

const syncIterators = new Set(['Generator', 'IterableIterator', 'IteratorObject']);

function reflectResult(
  method: MethodDescription,
  docs: MethodDocs,
  owner: string,
  { describesOutput }: ApiOptionsType,
  context: MethodContext,
) {
  const { compiler, problems } = context;
  const writer = new SchemaWriter(compiler, problems, context.isOurs);
  const { returns, returnLocation: location } = method;
  const awaited = compiler.awaited(returns);
  const given = itemOf(awaited, compiler);
  const chunk = given && chunkIn(compiler.describe(given.type), context);
  const item = chunk && given ? { ...given, type: chunk } : given;
  const around = item && envelopeAround(compiler.describe(item.type), context);
  const isResponse = isPlatformResponse(compiler.describe(awaited));
  const value = around?.value ?? item?.type ?? awaited;
  const place: Place = { role: item ? 'item' : 'result', path: '', owner, location, depth: 0 };
  if (item && !describesOutput && !method.isReturnAnnotated && compiler.describe(value).shape.kind === 'any') {
    problems.add(location, `streamed items of ${owner} have no type; write the return type: AsyncIterable<string>`);
  }
  if (isResponse && describesOutput)
    problems.add(
      location,
      `${owner} gives a Response, which no schema is for; leave the output out of the options of @api`,
    );
  const schema = isResponse ? { ...responseSchema } : describesOutput ? {} : writer.write(value, place);
  if (docs.returns) {
    if (describesOutput) refuseLimits(docs.returns, `result of ${owner}`, problems);
    writer.annotate(schema, docs.returns, place);
  }
  if (around) writer.own(schema)[envelopeKeyword] = around.name;
  return {
    kind: item ? ('stream' as const) : isResponse ? ('response' as const) : ('unary' as const),
    isAsync: awaited.id !== returns.id || item?.isAsync === true,
    ...(chunk && { givesChunks: true }),
    output: writer.finish(schema),
  };
}

function isPlatformResponse({ shape }: TypeDescription): boolean {
  return shape.kind === 'library' && shape.name === 'Response';
}

/** What our own types put around an item: their type argument is the type of the item itself. */
function envelopeAround({ name, declaredIn, nameArguments }: TypeDescription, { isOurs }: MethodContext) {
  const [value] = nameArguments;
  return name === 'ServerEvent' && isOurs(declaredIn) && value ? { name: serverEvent.name, value } : undefined;
}

/** What is inside of an `ItemChunk`, which a batchable method streams: its caller gets that alone. */
function chunkIn({ name, declaredIn, nameArguments: [chunk] }: TypeDescription, { isOurs }: MethodContext) {
  return name === 'ItemChunk' && isOurs(declaredIn) ? chunk : undefined;
}

/** The items of a result that arrives one by one; arrays and other collections arrive whole. */
function itemOf(type: TypeHandle, compiler: Compiler): { type: TypeHandle; isAsync: boolean } | undefined {
  const item = compiler.asyncItem(type);
  if (item) return { type: item, isAsync: true };
  const { shape } = compiler.describe(type);
  const [first] = shape.kind === 'library' ? shape.arguments : [];
  if (shape.kind !== 'library' || !first) return undefined;
  if (shape.name === 'AsyncIterator') return { type: first, isAsync: true };
  return syncIterators.has(shape.name) ? { type: first, isAsync: false } : undefined;
}
