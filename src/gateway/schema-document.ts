/** `/schema.json`: what clients read to know the methods, in the keys that Python clients look for. */
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { inlineReferences } from './inline-references.ts';

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
    input: toInput(api),
    output: {
      ...inlineReferences(api.output.schema),
      ...(api.kind === 'stream' ? { is_stream: true, media_type: 'text/event-stream' } : {}),
    },
    is_task: false,
    ...(api.description === undefined ? {} : { description: api.description }),
  };
}

function toInput({ input, body }: ApiSpec): JsonSchema {
  const inlined = inlineReferences(input);
  if (body !== 'fields') return { ...inlined, root_input: true };
  const fields = (inlined.properties ?? {}) as Readonly<Record<string, JsonSchema>>; // of an object with these fields
  const titled = Object.entries(fields).map(([name, schema]) => [name, { title: toTitle(name), ...schema }]);
  return { ...inlined, properties: Object.fromEntries(titled), title: 'Input' };
}

/** `max_tokens` → `Max Tokens`, as the reference makes titles of names. */
function toTitle(name: string): string {
  return name
    .replaceAll('_', ' ')
    .trim()
    .replace(/(?<!\S)\p{L}/gu, (letter) => letter.toUpperCase());
}
