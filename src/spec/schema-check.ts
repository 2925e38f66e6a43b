/** Checks JSON Schema that an author wrote by hand: that it is valid, and cannot hold the process that checks with it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ServiceError } from '../errors.ts';
import { whyUnsafe } from './pattern.ts';
import { isSchema, mapSubschemas } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/**
 * Refuses a schema that cannot be used. `where` begins the message, for example `the input of Greeter.greet`.
 * @throws ServiceError `SERVICE_INVALID`
 */
export type SchemaCheck = (schema: JsonSchema, where: string) => void;

/** Makes a check for many schemas: the schema of schemas is compiled with the first. */
export function createSchemaCheck(): SchemaCheck {
  let ajv: Ajv2020 | undefined;
  return (schema, where) => {
    ajv ??= new Ajv2020({ strict: false, logger: false });
    const { $schema: _dialect, ...plain } = schema;
    if (!ajv.validateSchema(plain)) {
      const [first] = ajv.errors ?? [];
      const place = first?.instancePath ? `${first.instancePath.slice(1)} ` : '';
      throw invalid(`${where} is no valid JSON Schema: ${place}${first?.message}; correct it`);
    }
    refuseSlowPatterns(schema, where);
  };
}

function refuseSlowPatterns(schema: JsonSchema, where: string): void {
  const { pattern, patternProperties } = schema;
  const patterns = [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isSchema(patternProperties) ? Object.keys(patternProperties) : []),
  ];
  for (const source of patterns) {
    const why = whyUnsafe(source);
    if (why !== undefined) throw invalid(`the pattern ${JSON.stringify(source)} in ${where} ${why}`);
  }
  mapSubschemas(schema, (inner) => {
    refuseSlowPatterns(inner, where);
    return inner;
  });
}

function invalid(problem: string): ServiceError {
  return new ServiceError('SERVICE_INVALID', { problem });
}
