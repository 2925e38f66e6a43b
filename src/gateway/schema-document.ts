/** `/schema.json`: what clients read to know the methods, in the keys that Python clients look for. */
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';

/** The document, ready to send. */
export function toSchemaDocument(spec: ServiceSpec): string {
  return JSON.stringify({
    name: spec.name,
    type: 'service',
    routes: spec.apis.map(toRoute),
    ...(spec.description === undefined ? {} : { description: spec.description }),
    paths: Object.fromEntries(spec.apis.map(({ route }) => [route, { mounted: false }])),
  });
}

function toRoute(api: ApiSpec): JsonSchema {
  return {
    name: api.name,
    route: api.route,
    batchable: false,
    input: api.body === 'fields' ? { ...api.input, title: 'Input' } : { ...api.input, root_input: true },
    output: {
      ...api.output.schema,
      ...(api.kind === 'stream' ? { is_stream: true, media_type: 'text/event-stream' } : {}),
    },
    is_task: false,
    ...(api.description === undefined ? {} : { description: api.description }),
  };
}
