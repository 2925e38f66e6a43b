/** Checks values against the spec's schemas and says in words what is wrong. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Violation } from '../errors.ts';
import { discriminate } from './discriminate.ts';
import type { JsonSchema } from './service-spec.ts';

/** Says what is wrong with a value: nothing, the first thing, or everything up to a bound. */
export interface Validator {
  /** Whether the value fits; the fast way, stopping at the first violation. */
  fits(value: unknown): boolean;
  /** What is wrong; only for values that do not fit. `everything` walks on after the first: small values only. */
  violations(value: unknown, everything: boolean): readonly Violation[];
}

const listedAtMost = 100;

// ownProperties: without it a parameter named "constructor" is found on every object.
// strictNumbers: NaN and infinities are no numbers that JSON could say.
const common = {
  strict: false,
  strictNumbers: true,
  ownProperties: true,
  verbose: true,
  validateFormats: true,
} as const;

/** Makes validators that share what the schemas have in common. */
export function createValidatorCompiler(): (schema: JsonSchema) => Validator {
  const first = createAjv(false);
  let all: Ajv2020 | undefined;
  return (written) => {
    const schema = discriminate(written);
    const check = first.compile(schema);
    let checkAll: ValidateFunction | undefined; // compiled at the first small value that is wrong
    return {
      fits: (value) => check(value),
      violations(value, everything) {
        if (everything) {
          all ??= createAjv(true);
          checkAll ??= all.compile(schema);
        }
        const checking = everything && checkAll ? checkAll : check;
        checking(value);
        return (checking.errors ?? [])
          .slice(0, listedAtMost)
          .filter(({ keyword }) => keyword !== 'if')
          .map((error) => toViolation(error, value));
      },
    };
  };
}

function createAjv(allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({ ...common, allErrors });
  addFormats.default(ajv);
  return ajv;
}

function toViolation(error: ErrorObject, root: unknown): Violation {
  let at = root;
  const loc = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const key = Array.isArray(at) ? Number(part) : part;
      at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
      return key;
    });
  if (error.keyword === 'required') {
    const missing = String(error.params.missingProperty);
    return { loc: [...loc, missing], msg: 'is missing', type: 'required' };
  }
  return { loc, msg: `${wanted(error)}, but is ${shorten(error.data)}`, type: error.keyword };
}

function wanted(error: ErrorObject): string {
  if (error.keyword === 'enum')
    return `must be one of ${JSON.stringify(error.params.allowedValues).slice(1, 200)}`.replace(/\]$/, '');
  if (error.keyword === 'const') return `must be ${JSON.stringify(error.params.allowedValue)}`;
  if (error.keyword === 'type') return `must be ${[error.params.type].flat().join(' or ')}`;
  return error.message ?? 'is not as declared';
}

const shownAtMost = 60;

/** A value as it may stand in a message: short, on one line. */
function shorten(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value).slice(0, shownAtMost);
  return value.length <= shownAtMost
    ? JSON.stringify(value)
    : `${JSON.stringify(value.slice(0, shownAtMost))}… (${value.length} characters)`;
}

/** One sentence for a list of violations: the first, and how many more. */
export function summarize(violations: readonly Violation[]): string {
  const [first] = violations;
  if (!first) return 'it does not fit its declared type';
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return `${pathOf(first.loc)} ${first.msg}${more}`;
}

function pathOf(loc: Violation['loc']): string {
  if (loc.length === 0) return 'the value';
  return loc.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
