/** Two versions of what a service promises → what changed for its callers, each change with a verdict. */
import { chooseAnswerForm } from '../io/answer.ts';
import { isSame } from './compare-flat.ts';
import type { Gap } from './compare-gap.ts';
import { findGaps, withoutWords } from './compare-schemas.ts';
import type { Contract, ContractApi } from './contract.ts';
import { describeValue } from './quote.ts';
import { isSchema } from './schema-parts.ts';
import type { JsonSchema, ParameterSpec } from './service-spec.ts';

/** `breaks`: some callers fail. `may break`: it is not known that none does. `fine`: no caller notices, or only gains. */
export type Verdict = 'breaks' | 'may break' | 'fine';

/** One thing that is different. */
export interface Change {
  readonly verdict: Verdict;
  /** The method, and what of it: `embed(texts[])` of what it takes, `embed → [].score` of what it gives. */
  readonly where: string;
  /** A sentence without a subject, for example `was optional, is now required`. */
  readonly what: string;
}

/**
 * The changes from one version to the next, those that break first. Callers are taken to call by the name of the method or
 * by its route, to name arguments or to give them by position, and to send and to read the fields that are declared.
 */
export function compareContracts(before: Contract, after: Contract): readonly Change[] {
  const known = new Map(before.apis.map((api) => [api.name, api]));
  const current = new Map(after.apis.map((api) => [api.name, api]));
  const changes = [
    ...(before.name === after.name ? [] : [fine('service', `was called ${before.name}, is now called ${after.name}`)]),
    ...wordsChange('service', before, after),
    ...before.apis.flatMap((old) => {
      const api = current.get(old.name);
      return api ? compareApis(old, api) : [breaks(old.name, 'is gone')];
    }),
    ...after.apis.filter(({ name }) => !known.has(name)).map(({ name }) => fine(name, 'is new')),
  ];
  const order: readonly Verdict[] = ['breaks', 'may break', 'fine'];
  return order.flatMap((verdict) => changes.filter((change) => change.verdict === verdict));
}

const breaks = (where: string, what: string): Change => ({ verdict: 'breaks', where, what });
const mayBreak = (where: string, what: string): Change => ({ verdict: 'may break', where, what });
const fine = (where: string, what: string): Change => ({ verdict: 'fine', where, what });

const kindNames = {
  unary: 'answered at once',
  stream: 'answered item by item',
  response: 'answered as the method likes',
} as const;

function compareApis(before: ContractApi, after: ContractApi): Change[] {
  const { name } = before;
  return [
    ...(before.route === after.route ? [] : [breaks(name, `had the route ${before.route}, has now ${after.route}`)]),
    ...(before.kind === after.kind
      ? compareOutputs(name, before.output.schema, after.output.schema, before.kind)
      : [breaks(name, `was ${kindNames[before.kind]}, is now ${kindNames[after.kind]}`)]),
    ...(before.body === after.body
      ? compareBodies(before, after)
      : [breaks(name, `took ${bodyNames[before.body]}, now takes ${bodyNames[after.body]}`)]),
    ...wordsChange(name, before, after),
  ];
}

const bodyNames = {
  fields: 'a JSON object with its parameters',
  json: 'a whole JSON document',
  text: 'a whole text',
  bytes: 'bytes',
  file: 'a file',
} as const;

function compareBodies(before: ContractApi, after: ContractApi): Change[] {
  if (before.body === 'fields') return [...compareParameters(before, after), ...compareWholeInputs(before, after)];
  const [[old], [now]] = [before.parameters, after.parameters]; // exactly one: the body
  const where = inputPlace(before.name, 'body');
  return [
    ...(old && now ? compareRequired(where, old, now) : []),
    ...compareInputs((path) => inputPlace(before.name, `body${path}`), before.input, after.input),
  ];
}

function wordsChange(
  where: string,
  before: { readonly description?: string; readonly isDeprecated?: boolean },
  after: { readonly description?: string; readonly isDeprecated?: boolean },
): Change[] {
  const isDeprecated = after.isDeprecated === true;
  return [
    ...(before.description === after.description ? [] : [fine(where, 'has another description')]),
    ...((before.isDeprecated === true) === isDeprecated
      ? []
      : [fine(where, isDeprecated ? 'is now deprecated' : 'is no longer deprecated')]),
  ];
}

function compareParameters(before: ContractApi, after: ContractApi): Change[] {
  const { name } = before;
  const known = new Map(before.parameters.map((parameter, position) => [parameter.name, { parameter, position }]));
  const current = new Map(after.parameters.map((parameter, position) => [parameter.name, { parameter, position }]));
  return [
    ...before.parameters.flatMap((old, position): Change[] => {
      const now = current.get(old.name);
      const where = inputPlace(name, old.name);
      if (!now) return [breaks(where, 'is gone: it is no longer read')];
      return [
        ...compareRequired(where, old, now.parameter),
        ...(position === now.position
          ? []
          : [breaks(where, `was argument ${position + 1}, is now argument ${now.position + 1}`)]),
        ...compareParameterTypes(where, before.input, after.input, old),
      ];
    }),
    ...after.parameters
      .filter((parameter) => !known.has(parameter.name))
      .map(({ name: added, isRequired }) =>
        isRequired
          ? breaks(inputPlace(name, added), 'is new and required')
          : fine(inputPlace(name, added), 'is new and optional'),
      ),
  ];
}

const inputPlace = (api: string, path: string) => `${api}(${path.startsWith('.') ? path.slice(1) : path})`;

function compareRequired(where: string, before: ParameterSpec, after: ParameterSpec): Change[] {
  if (before.isRequired === after.isRequired) return [];
  return [
    after.isRequired ? breaks(where, 'was optional, is now required') : fine(where, 'was required, is now optional'),
  ];
}

function compareParameterTypes(
  where: string,
  beforeInput: JsonSchema,
  afterInput: JsonSchema,
  { name, isRequired }: ParameterSpec,
): Change[] {
  const [before, after] = [fieldOf(beforeInput, name), fieldOf(afterInput, name)];
  const place = (path: string) => `${where.slice(0, -1)}${path})`;
  return [...compareInputs(place, before, after), ...(isRequired ? [] : compareDefaults(where, before, after))];
}

/** The schema of a field as a document of its own, with the definitions that it leads to. */
function fieldOf({ properties, $defs }: JsonSchema, name: string): JsonSchema {
  const schema = isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!isSchema(schema)) return {};
  const definitions = isSchema($defs) ? $defs : {};
  const reached = new Set(referencesIn(schema));
  for (const one of reached) for (const next of referencesIn(definitions[one])) reached.add(next); // walked to its end
  if (reached.size === 0) return schema;
  return { ...schema, $defs: Object.fromEntries([...reached].map((one) => [one, definitions[one]])) };
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isSchema(value)) return [];
  const name = typeof value.$ref === 'string' ? /^#\/\$defs\/(.+)$/.exec(value.$ref)?.[1] : undefined;
  return [...(name === undefined ? [] : [name]), ...Object.values(value).flatMap(referencesIn)];
}

function compareDefaults(where: string, before: JsonSchema, after: JsonSchema): Change[] {
  if (isSame(before.default)(after.default)) return [];
  const name = (schema: JsonSchema) => (schema.default === undefined ? 'not told' : describeValue(schema.default));
  return [mayBreak(where, `has another default: was ${name(before)}, is now ${name(after)}`)];
}

/** What concerns all fields together, such as whether there may be others. */
function compareWholeInputs({ name, input: before }: ContractApi, { input: after }: ContractApi): Change[] {
  const common = ({ properties: _, required: _required, $defs: _definitions, ...rest }: JsonSchema) => rest;
  if (isSame(withoutWords(common(before)))(withoutWords(common(after)))) return [];
  return compareInputs((path) => inputPlace(name, path), before, after);
}

function compareInputs(place: (path: string) => string, before: JsonSchema, after: JsonSchema): Change[] {
  const lost = findGaps(before, after, 'input').map((gap) => {
    const what = `took ${gap.narrow}, now takes ${gap.wide} only`;
    return toChange(gap, place(gap.path), gap.kind === 'value' ? what : `was ${gap.narrow}, is now ${gap.wide}`);
  });
  const gained = findGaps(after, before, 'input').map((gap) => {
    const what = gap.kind === 'value' ? `takes ${gap.narrow}, too` : `was ${gap.wide}, is now ${gap.narrow}`;
    return fine(place(gap.path), what);
  });
  return settle(place(''), before, after, lost, gained);
}

function compareOutputs(api: string, before: JsonSchema, after: JsonSchema, kind: ContractApi['kind']): Change[] {
  const place = (path: string) => `${api} → ${kind === 'stream' ? 'item' : 'result'}${path}`;
  const lost = findGaps(after, before, 'output').map((gap) => {
    const what = `may now be ${gap.narrow}; was ${gap.wide}`;
    return toChange(gap, place(gap.path), gap.kind === 'value' ? what : `was ${gap.wide}, is now ${gap.narrow}`);
  });
  const gained = findGaps(before, after, 'output').map((gap) => {
    const lost = gap.narrow === 'anything' ? `is now ${gap.wide} only` : `is never ${gap.narrow} any more`;
    return fine(place(gap.path), gap.kind === 'value' ? lost : `was ${gap.narrow}, is now ${gap.wide}`);
  });
  const media = kind === 'unary' ? compareMediaTypes(place(''), before, after) : [];
  return [...media, ...settle(place(''), before, after, lost, gained)];
}

/** A declared text is answered as it is, anything else as JSON. */
function compareMediaTypes(where: string, before: JsonSchema, after: JsonSchema): Change[] {
  const [old, now] = [before, after].map((schema) => chooseAnswerForm(schema).mediaType);
  return old === now ? [] : [breaks(where, `was answered as ${old}, is now answered as ${now}`)];
}

function toChange({ isCertain }: Gap, where: string, what: string): Change {
  return (isCertain ? breaks : mayBreak)(where, what);
}

/** Of a place that breaks, what is gained there says nothing more; where neither is so, perhaps the words are others. */
function settle(
  where: string,
  before: JsonSchema,
  after: JsonSchema,
  lost: readonly Change[],
  gained: readonly Change[],
): Change[] {
  const changes = [...lost, ...gained.filter((change) => !lost.some((one) => one.where === change.where))];
  if (changes.length > 0) return changes;
  const [old, now] = [before, after].map(({ default: _, ...schema }) => schema); // a default is told on its own
  if (isSame(old)(now)) return [];
  const isSaidOnly = isSame(withoutWords(old))(withoutWords(now));
  return [fine(where, isSaidOnly ? 'is described in other words' : 'is written in another way and means the same')];
}
