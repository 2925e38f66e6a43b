/** A method as a door sees it: what it takes, and how that becomes arguments. */
import { ServiceError } from '../errors.ts';
import { Misfit } from '../io/misfit.ts';
import { admitParcels } from '../spec/admit-parcels.ts';
import { createReader } from '../spec/codec.ts';
import { traitsOf } from '../spec/schema-parts.ts';
import type { ApiSpec, JsonSchema } from '../spec/service-spec.ts';
import { summarize, type Validator } from '../spec/validator.ts';
import { type InflowRoute, toInflowRoute } from './inflow-route.ts';

/** A method as a door sees it. */
export interface Route {
  readonly api: ApiSpec;
  readonly input: Validator;
  /** The same for bodies that hold ready parcels; compiled with the first. */
  readonly inputWithParcels: () => Validator;
  /** Whether files may stand in it of which a caller gives the address. */
  readonly takesAddresses: boolean;
  /** Makes values of JSON that fits; absent where JSON says it all. @throws Misfit */
  readonly read?: (json: unknown) => unknown;
  /** How an argument comes item by item; absent where the body comes whole. */
  readonly inflow?: InflowRoute;
}

/** The route of a method. */
export function toRoute(api: ApiSpec, compile: (schema: JsonSchema) => Validator): Route {
  const checked = api.checkedInput ?? api.input;
  const read = createReader(checked, (member) => compile(admitParcels(member)).fits);
  let withParcels: Validator | undefined;
  const inputWithParcels = () => {
    withParcels ??= compile(admitParcels(checked));
    return withParcels;
  };
  const inflow = toInflowRoute(api, compile);
  const { takesAddresses } = traitsOf(checked);
  return {
    api,
    input: compile(checked),
    inputWithParcels,
    takesAddresses,
    ...(read && { read }),
    ...(inflow && { inflow }),
  };
}

/** A body that was read. */
export interface GivenBody {
  /** JSON, or JSON with parcels in it. */
  readonly value: unknown;
  readonly hasParcels?: boolean;
}

/**
 * Checks what a body holds and makes the arguments of it, in the order of the parameters; the given value is changed.
 *
 * @param listsEverything whether an error tells all that is wrong; else only the first.
 * @throws ServiceError `INVALID_INPUT`.
 */
export function toArguments(
  route: Route,
  { value, hasParcels = false }: GivenBody,
  listsEverything: boolean,
): unknown[] {
  const input = hasParcels ? route.inputWithParcels() : route.input;
  if (!input.fits(value)) {
    const violations = input.violations(value, listsEverything);
    throw new ServiceError(
      'INVALID_INPUT',
      { problem: `invalid input: ${summarize(violations)}` },
      { detail: violations },
    );
  }
  const given = readIoTypes(value, route);
  if (route.api.body !== 'fields') return [given];
  const named = given as Readonly<Record<string, unknown>>; // every input schema is of type object
  return route.api.parameters.map(({ name }) => (Object.hasOwn(named, name) ? named[name] : undefined));
}

function readIoTypes(json: unknown, { read }: Route): unknown {
  if (!read) return json;
  try {
    return read(json);
  } catch (cause) {
    if (!(cause instanceof Misfit)) throw cause;
    const violation = { loc: cause.loc, msg: cause.message, type: cause.kind };
    const problem = `invalid input: ${summarize([violation])}`;
    throw new ServiceError('INVALID_INPUT', { problem }, { cause, detail: [violation] });
  }
}
