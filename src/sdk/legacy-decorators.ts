/** The error for decorators that a compiler lowered the old way, naming the line that asked for it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';

/** Says which setting to remove, with file and line when a tsconfig near the working folder has it. */
export function legacyDecoratorError(decorator: string): ServiceError {
  const place = findSetting(process.cwd()) ?? 'tsconfig.json';
  return new ServiceError('SERVICE_INVALID', {
    problem: `${decorator} was called the way of old-style decorators; remove "experimentalDecorators" (${place}), since bentots uses the standard ones`,
  });
}

function findSetting(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'tsconfig.json');
    if (existsSync(file)) {
      const lines = readFileSync(file, 'utf8').split('\n');
      const index = lines.findIndex((line) => /"experimentalDecorators"\s*:\s*true/.test(line));
      return index < 0 ? undefined : `${file}:${index + 1}`;
    }
    if (dirname(folder) === folder) return undefined;
  }
}
