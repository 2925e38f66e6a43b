/** Checks values against the spec's schemas and says in words what is wrong. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Violation } from '../errors.ts';
import { isParcelOf, parcelKeyword } from './admit-parcels.ts';
import { contentEncoding } from './content-encoding.ts';
import { discriminate } from './discriminate.ts';
import { multipleOf } from './multiple-of.ts';
import { extraKeyOf, phrase } from './phrase.ts';
import { printPath } from './quote.ts';
import { createSelection } from './relevant.ts';
import { type Definitions, definitionsOf } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';
import { uniqueItems } from './unique-items.ts';

/** Says what is wrong with a value: nothing, the first thing, or everything up to a bound. */
export interface Validator {
  /** Whether the value fits; the fast way, stopping at the first violation. */
  fits(value: unknown): boolean;
  /** What is wrong; only for values that do not fit. `everything` walks on after the first: small values only. */
  violations(value: unknown, everything: boolean): readonly Violation[];
}

const listedAtMost = 100;
const shownKeyCharacters = 200; // a body of 64 KiB can have a hundred violations below one key of 60 KiB

// strictNumbers: NaN and infinities are no numbers that JSON could say.
const common = {
  strict: false,
  strictNumbers: true,
  verbose: true,
  validateFormats: true,
} as const;

/** Makes validators that share what the schemas have in common. */
export function createValidatorCompiler(): (schema: JsonSchema) => Validator {
  const validators = new Map<string, Ajv2020>();
  const ajvFor = (schema: JsonSchema, allErrors: boolean) => {
    // Without it a parameter named "constructor" is found on every object; with it checking takes more than twice as long.
    const ownProperties = namesInherited(schema);
    const known = validators.get(`${allErrors} ${ownProperties}`) ?? createAjv({ allErrors, ownProperties });
    validators.set(`${allErrors} ${ownProperties}`, known);
    return known;
  };
  return (written) => {
    const schema = discriminate(written);
    const definitions = definitionsOf(schema);
    const select = createSelection(definitions);
    const check = ajvFor(schema, false).compile(schema);
    let checkAll: ValidateFunction | undefined; // compiled at the first small value that is wrong
    return {
      fits: (value) => check(value),
      violations(value, everything) {
        if (everything) checkAll ??= ajvFor(schema, true).compile(schema);
        const checking = everything && checkAll ? checkAll : check;
        try {
          checking(value);
          return select(checking.errors ?? [])
            .slice(0, everything ? listedAtMost : 1)
            .map((error) => toViolation(error, value, definitions));
        } catch {
          // The result of an author's method may be a value that holds itself, or one that throws when it is read.
          return [{ loc: [], msg: 'cannot be read: it is too deep, or holds itself', type: 'unreadable' }];
        }
      },
    };
  };
}

/** Whether a schema speaks of a name that every object inherits, as a property or in any other way. */
function namesInherited(part: unknown): boolean {
  if (typeof part === 'string') return Object.hasOwn(Object.prototype, part);
  if (typeof part !== 'object' || part === null) return false;
  return Object.entries(part).some(([key, inner]) => Object.hasOwn(Object.prototype, key) || namesInherited(inner));
}

function createAjv(options: { readonly allErrors: boolean; readonly ownProperties: boolean }): Ajv2020 {
  const ajv = new Ajv2020({ ...common, ...options });
  addFormats.default(ajv);
  ajv.removeKeyword('uniqueItems').addKeyword(uniqueItems);
  ajv.removeKeyword('multipleOf').addKeyword(multipleOf);
  ajv.removeKeyword('contentEncoding').addKeyword(contentEncoding);
  ajv.addKeyword({ keyword: parcelKeyword, validate: isParcelOf, errors: false });
  return ajv;
}

function toViolation(error: ErrorObject, root: unknown, definitions: Definitions): Violation {
  let at = root;
  const loc = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const key = Array.isArray(at) ? Number(part) : part;
      at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
      return typeof key === 'string' ? cutKey(key) : key;
    });
  const inner = error.keyword === 'required' ? String(error.params.missingProperty) : extraKeyOf(error);
  const last = error.propertyName ?? inner;
  if (last !== undefined) loc.push(cutKey(last));
  return { loc, msg: phrase(error, definitions), type: error.keyword };
}

function cutKey(key: string): string {
  return key.length > shownKeyCharacters ? `${key.slice(0, shownKeyCharacters)}…` : key;
}

/** One sentence for a list of violations: the first, and how many more. */
export function summarize(violations: readonly Violation[]): string {
  const [first] = violations;
  if (!first) return 'it does not fit its declared type';
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return `${printPath(first.loc)} ${first.msg}${more}`;
}
