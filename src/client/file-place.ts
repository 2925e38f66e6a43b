/** Where a schema describes files to upload. */
import { isSchema } from '../spec/schema-parts.ts';

/** Whether a schema describes a file to upload, or a list of them; one that may be null is still one. */
export function filePlace(schema: unknown): 'one' | 'list' | undefined {
  if (!isSchema(schema)) return undefined;
  if (schema.type === 'file') return 'one';
  if (isSchema(schema.items) && filePlace(schema.items) === 'one') return 'list';
  const members = [schema.anyOf, schema.oneOf].flat().filter(isSchema);
  return members.map(filePlace).find((place) => place !== undefined);
}
