/** Checks what a method gave against its declared type, and writes it in JSON, before it goes anywhere. */
import { ServiceError } from '../errors.ts';
import { type AnswerForm, answerFormsOf } from '../io/answer.ts';
import { isParcel, type Parcel } from '../io/io-type.ts';
import { envelopeOf, isParcelOf } from '../io/io-types.ts';
import { Misfit } from '../io/misfit.ts';
import { toJson } from '../io/to-json.ts';
import { admitParcels } from '../spec/admit-parcels.ts';
import { createReader, type ReadValue } from '../spec/codec.ts';
import { printPath } from '../spec/quote.ts';
import { traitsOf } from '../spec/schema-parts.ts';
import type { JsonSchema, OutputSpec } from '../spec/service-spec.ts';
import { summarize, type Validator } from '../spec/validator.ts';

/** The value as it may be sent on, or what is wrong with it. */
export type CheckedOutput =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly error: ServiceError<'OUTPUT_INVALID'> };

/** Checks one value or one item. */
export interface OutputCheck {
  (value: unknown): CheckedOutput;
  /** Kinds of parcels in it whose bytes may lie on disk. */
  readonly onDisk: readonly string[];
}

/** The check for each form in which a method's outputs can be answered; without a name for the first of them. */
export type OutputChecks = (form: string | undefined) => OutputCheck;

/** Creates the checks of one method. Where the author's own schema has run, it has checked more than the gateway could. */
export function createOutputChecks(
  { schema, checked = schema }: OutputSpec,
  compile: (schema: JsonSchema) => Validator,
): OutputChecks {
  const forms = answerFormsOf(schema);
  const [first] = forms;
  const checks = new Map([[first.name, createOutputCheck(checked, first, compile)]]);
  return (name = first.name) => {
    const known = checks.get(name);
    if (known) return known;
    const form = forms.find((one) => one.name === name);
    if (!form) throw new Error(`there is no answer in the form ${name}`);
    const check = createOutputCheck(checked, form, compile);
    checks.set(name, check);
    return check;
  };
}

/**
 * The check of outputs that are answered in one form. What passes is JSON, but for forms that write values, or parts of
 * them, as they crossed; what is around a value stays around it. The error's cause says what is wrong; the caller only
 * hears that something is.
 */
function createOutputCheck(
  schema: JsonSchema,
  form: AnswerForm,
  compile: (schema: JsonSchema) => Validator,
): OutputCheck {
  const check = createValueCheck(schema, form, compile);
  const type = envelopeOf(schema);
  const { envelope } = type ?? {};
  if (!type || !envelope) return check;
  const checkInside = (given: unknown) => {
    if (!isParcelOf(type, given)) return refuse(`it is ${typeof given}, and not what its type says`);
    const checked = check(envelope.open(given as never)); // a parcel of that type
    return checked.error ? checked : { value: envelope.replace(given as never, checked.value) };
  };
  return Object.assign(checkInside, { onDisk: check.onDisk });
}

function createValueCheck(
  schema: JsonSchema,
  { takes, keeps, onDisk = [] }: AnswerForm,
  compile: (schema: JsonSchema) => Validator,
): OutputCheck {
  if (takes) {
    const check = (value: unknown) =>
      takes(value) ? { value } : refuse(`it is ${typeof value}, and not what its type says`);
    return Object.assign(check, { onDisk });
  }
  const admit = (part: JsonSchema) =>
    keeps ? admitParcels(part, ({ name }) => (keeps.includes(name) ? keeps : undefined)) : part;
  const validator = compile(admit(schema));
  const accept = keeps && createReader(schema, (member) => compile(admit(member)).fits, acceptParcel);
  const { hasIoTypes, isOpen } = traitsOf(schema);
  const write = hasIoTypes || isOpen ? (value: unknown) => toJson(value, keeps) : (value: unknown) => value;
  const pass = (value: unknown): CheckedOutput => ({ value: accept ? accept(value) : value });
  const check = (given: unknown) => {
    try {
      const value = write(given === undefined ? null : given); // a method that returns nothing answers null
      if (validator.fits(value)) return pass(value);
      const finite = withoutNonFinite(value);
      if (validator.fits(finite)) return pass(finite);
      return refuse(summarize(validator.violations(value, false)));
    } catch (error) {
      if (error instanceof Misfit) return refuse(`${printPath(error.loc)} ${error.message}`);
      return refuse(`it is too deep, or holds itself (${(error as Error).message})`); // stack overflow: JSON could not say it either
    }
  };
  return Object.assign(check, { onDisk });
}

/** What crossed as a parcel is looked at by its type; everything else the validator has seen. */
const acceptParcel: ReadValue = (type, value, schema, call) =>
  isParcelOf(type, value) ? type.ready?.accept(value as Parcel, schema, call) : value;

function refuse(problem: string): CheckedOutput {
  const cause = new TypeError(`the result does not fit its declared type: ${problem}`);
  return { error: new ServiceError('OUTPUT_INVALID', {}, { cause }) };
}

/** A copy in which NaN and infinities are null: JSON has no word for them, and some types allow null. */
function withoutNonFinite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return isParcel(value) ? value : value.map(withoutNonFinite);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNonFinite(inner)]));
}
