/** Joins what the decorators said with what the types say: the service's spec. */
import { apiOptions, defaultSlots, serviceOptions } from '../config/options.ts';
import { resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import type { DecoratedApi, DecoratedService } from './decorated.ts';
import type { ReflectedMethod, ReflectedModule, ReflectedService } from './reflected.ts';
import type { ApiSpec, BodyForm, ServiceSpec } from './service-spec.ts';

/**
 * The spec of one service.
 *
 * @throws ServiceError `SERVICE_INVALID` if the two do not speak of the same class and methods.
 */
export function joinSpec(decorated: DecoratedService, reflected: ReflectedModule): ServiceSpec {
  const types = findTypes(decorated, reflected);
  const { name, ...settings } = resolveOptions(serviceOptions, decorated.options, `@service of ${decorated.className}`);
  const shown = name ?? decorated.className;
  if (!serviceOptions.name.accepts(shown)) {
    const problem = `${shown || 'the class'} cannot be the name of a service, which goes into headers; give it one: @service({ name: '…' })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  return freezeDeep({
    name: shown,
    ...(types.description === undefined ? {} : { description: types.description }),
    exportName: decorated.exportName,
    source: types.source,
    settings,
    apis: decorated.apis.map((api) => joinApi(decorated, api, types, reflected.file)),
    models: decorated.models,
  });
}

function findTypes(decorated: DecoratedService, reflected: ReflectedModule): ReflectedService {
  const found =
    reflected.services.find((candidate) => candidate.exportName === decorated.exportName) ??
    reflected.services.find((candidate) => candidate.className === decorated.className);
  if (found) return found;
  throw new ServiceError('SERVICE_INVALID', {
    problem: `the types of ${decorated.className} are not in ${reflected.file}; ${remedyFor(reflected.file)}`,
  });
}

function remedyFor(file: string): string {
  const isTypeScript = /\.[cm]?tsx?$/.test(file);
  return isTypeScript
    ? 'write the class in the file that is served'
    : 'serve its TypeScript source, which has the types';
}

function joinApi(decorated: DecoratedService, api: DecoratedApi, types: ReflectedService, file: string): ApiSpec {
  const where = `@api of ${decorated.className}.${api.name}`;
  const options = resolveOptions(apiOptions, api.options, where);
  const method = types.methods.find((candidate) => candidate.name === api.name);
  if (!method) {
    const problem = `the types of ${decorated.className}.${api.name} were not found from ${file}; declare the method in the class with @api()`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  if (options.body !== method.takesBody) {
    const problem = `${decorated.className}.${api.name} has body: ${options.body}, but the type of its options says ${method.takesBody}; write them in place: @api({ body: ${options.body} })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  const route = options.route ?? `/${api.name}`;
  if (!apiOptions.route.accepts(route)) {
    const problem = `${decorated.className}.${api.name} has a name that cannot stand in a path; give it a route: @api({ route: '/…' })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  return {
    kind: method.kind,
    name: api.name,
    route,
    ...documentation(method),
    body: bodyForm(method),
    parameters: method.parameters,
    input: method.input,
    output: { schema: method.output },
    takesContext: method.takesContext,
    isBlocking: method.kind === 'unary' && !method.isAsync,
    slots: options.slots ?? (method.isAsync ? defaultSlots.async : defaultSlots.blocking),
    source: method.source,
  };
}

/** Text and bytes are read as they are where the body is nothing else; all other types are JSON. */
function bodyForm({ takesBody, input }: ReflectedMethod): BodyForm {
  if (!takesBody) return 'fields';
  const ioType = input['x-io-type'];
  if (ioType === 'bytes') return 'bytes';
  return input.type === 'string' && ioType === undefined ? 'text' : 'json';
}

function documentation(method: ReflectedMethod): Pick<ApiSpec, 'description' | 'isDeprecated'> {
  return {
    ...(method.description === undefined ? {} : { description: method.description }),
    ...(method.isDeprecated === undefined ? {} : { isDeprecated: method.isDeprecated }),
  };
}

function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeDeep(inner);
  return value;
}
