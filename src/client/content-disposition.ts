/** The name of a file that a server answered with. */
import { readDisposition } from '../io/content-disposition.ts';

/** The name that a server gave, without any folder: whoever saves the file may put it where the name says. */
export function parseFileName(header: string | null): string | undefined {
  const name = readDisposition(header ?? '')
    ?.split(/[/\\]/)
    .at(-1)
    ?.replace(/\p{Cc}/gu, '');
  return name === '' || name === '.' || name === '..' ? undefined : name;
}
