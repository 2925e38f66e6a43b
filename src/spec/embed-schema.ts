/** Puts a schema that a library wrote into a document of ours: its references lead to `$defs`, its dialect goes. */
import { ServiceError } from '../errors.ts';
import { isSchema, mapSubschemas } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** The `$defs` of a document under construction. */
export type SchemaDefinitions = Record<string, JsonSchema>;

/**
 * The schema as a part of another document. What it refers to, itself included, stands in `$defs` of that document
 * afterwards, under a name that is free there.
 *
 * @param name what to call it where it refers to itself.
 * @param where begins a message, for example `the input of Greeter.greet`.
 * @throws ServiceError `SERVICE_INVALID` for a reference that leads nowhere.
 */
export function embedSchema(root: JsonSchema, name: string, $defs: SchemaDefinitions, where: string): JsonSchema {
  const targets = indexTargets(root);
  const names = new Map<JsonSchema, string>();

  const define = (reference: string): string => {
    const target = find(reference, root, targets);
    if (!target) {
      const problem = `${where} refers to ${JSON.stringify(reference)}, which is not in it; write the schema in one piece`;
      throw new ServiceError('SERVICE_INVALID', { problem });
    }
    const known = names.get(target);
    if (known !== undefined) return known;
    const wanted = target === root ? name : (reference.split(/[#/]/).at(-1) ?? '');
    const given = freeName(wanted, $defs);
    names.set(target, given);
    $defs[given] = {}; // keeps the name while its inside is written
    $defs[given] = rewrite(target);
    return given;
  };

  const rewrite = (schema: JsonSchema): JsonSchema => {
    const { $schema, $id, $anchor, $defs: _own, definitions, $ref, $dynamicRef, ...rest } = schema;
    if ($dynamicRef !== undefined) {
      const problem = `${where} has a $dynamicRef, which is not read; write $ref`;
      throw new ServiceError('SERVICE_INVALID', { problem });
    }
    const inner = mapSubschemas(rest, rewrite);
    return typeof $ref === 'string' ? { $ref: `#/$defs/${define($ref)}`, ...inner } : inner;
  };

  return expand(rewrite(root), $defs);
}

/** Callers look at the outermost keywords, which a reference would hide. */
function expand(schema: JsonSchema, $defs: SchemaDefinitions, depth = 0): JsonSchema {
  const { $ref, ...siblings } = schema;
  const name = typeof $ref === 'string' ? $ref.slice('#/$defs/'.length) : undefined;
  const target = name === undefined ? undefined : $defs[name];
  return target && depth < 10 ? { ...expand(target, $defs, depth + 1), ...siblings } : schema;
}

/** Schemas by the names that they give themselves. */
function indexTargets(root: JsonSchema): Map<string, JsonSchema> {
  const targets = new Map<string, JsonSchema>();
  const visit = (schema: JsonSchema): JsonSchema => {
    if (typeof schema.$id === 'string') targets.set(schema.$id, schema);
    if (typeof schema.$anchor === 'string') targets.set(`#${schema.$anchor}`, schema);
    mapSubschemas(schema, visit);
    return schema;
  };
  visit(root);
  return targets;
}

function find(reference: string, root: JsonSchema, targets: ReadonlyMap<string, JsonSchema>): JsonSchema | undefined {
  const named = targets.get(reference);
  if (named) return named;
  const hash = reference.indexOf('#');
  const base = hash <= 0 ? root : targets.get(reference.slice(0, hash));
  if (hash < 0 || !base) return undefined;
  let at: unknown = base;
  for (const step of reference
    .slice(hash + 1)
    .split('/')
    .slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'); // RFC 6901 section 6
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as JsonSchema)[key] : undefined;
  }
  return isSchema(at) ? at : undefined;
}

/** A name with characters that need no escape in a `$ref`. */
function freeName(wanted: string, $defs: SchemaDefinitions): string {
  const plain = wanted.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || 'Type';
  let name = plain;
  for (let count = 2; Object.hasOwn($defs, name); count += 1) name = `${plain}_${count}`;
  return name;
}
