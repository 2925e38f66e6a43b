/** What a service promises its callers, as it is kept in a file beside the code. */
import { isSchema } from './schema-parts.ts';
import type { ApiSpec, ServiceSpec } from './service-spec.ts';

/** One method, as far as callers can tell. */
export type ContractApi = Pick<
  ApiSpec,
  'name' | 'kind' | 'route' | 'description' | 'isDeprecated' | 'body' | 'parameters' | 'input' | 'output'
>;

/** The part of a spec that callers can tell: nothing of where the code lies, how it runs, or how it is written. */
export interface Contract {
  readonly name: string;
  readonly description?: string;
  readonly apis: readonly ContractApi[];
}

/** What a service promises. */
export function toContract({ name, description, apis }: ServiceSpec): Contract {
  return { name, ...(description === undefined ? {} : { description }), apis: apis.map(toContractApi) };
}

function toContractApi({
  name,
  kind,
  route,
  description,
  isDeprecated,
  body,
  parameters,
  input,
  output,
}: ApiSpec): ContractApi {
  return {
    name,
    kind,
    route,
    ...(description === undefined ? {} : { description }),
    ...(isDeprecated === undefined ? {} : { isDeprecated }),
    body,
    parameters,
    input,
    output,
  };
}

/** Reads the file again; `undefined` if the text is nothing of that kind. A whole spec is taken, too. */
export function parseContract(text: string): Contract | undefined {
  const value = parseJson(text);
  if (!isSchema(value) || typeof value.name !== 'string' || !Array.isArray(value.apis)) return undefined;
  return value.apis.every(isContractApi) ? { ...value, name: value.name, apis: value.apis } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller, who knows the file
  }
}

function isContractApi(value: unknown): value is ContractApi {
  if (!isSchema(value)) return false;
  const { name, kind, route, body, parameters, input, output } = value;
  return (
    typeof name === 'string' &&
    (kind === 'unary' || kind === 'stream' || kind === 'response') &&
    typeof route === 'string' &&
    typeof body === 'string' &&
    Array.isArray(parameters) &&
    parameters.every((one) => isSchema(one) && typeof one.name === 'string' && typeof one.isRequired === 'boolean') &&
    isSchema(input) &&
    isSchema(output) &&
    isSchema(output.schema)
  );
}
