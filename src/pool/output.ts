/** Checks what a method gave against its declared type before it goes anywhere. */
import { ServiceError } from '../errors.ts';
import { summarize, type Validator } from '../spec/validator.ts';

/** The value as it may be sent on, or what is wrong with it. */
export type CheckedOutput =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly error: ServiceError<'OUTPUT_INVALID'> };

/** Checks one value or one item. */
export type OutputCheck = (value: unknown) => CheckedOutput;

/** The check of one method's outputs. The error's cause says what is wrong; the caller only hears that something is. */
export function createOutputCheck(validator: Validator): OutputCheck {
  return (given) => {
    const value = given === undefined ? null : given; // a method that returns nothing answers null
    let problem: string;
    try {
      if (validator.fits(value)) return { value };
      const finite = withoutNonFinite(value);
      if (validator.fits(finite)) return { value: finite };
      problem = summarize(validator.violations(value, false));
    } catch (error) {
      problem = `it is too deep, or holds itself (${(error as Error).message})`; // stack overflow: JSON could not say it either
    }
    const cause = new TypeError(`the result does not fit its declared type: ${problem}`);
    return { error: new ServiceError('OUTPUT_INVALID', {}, { cause }) };
  };
}

/** A copy in which NaN and infinities are null: JSON has no word for them, and some types allow null. */
function withoutNonFinite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(withoutNonFinite);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNonFinite(inner)]));
}
