/** What the server answers by itself: rows 1 to 9 of the checklist. */
import { ask } from './ask.ts';
import type { Case } from './case.ts';
import { get, post, toCases } from './http-case.ts';

/** All of them. */
export const builtinCases: readonly Case[] = toCases([
  ...['livez', 'healthz', 'readyz'].map((name) => ({
    ...get(`/${name}`),
    id: `1.${name}`,
    what: `GET /${name} is a newline`,
    status: 200,
    headersOf: ['content-length', 'server'],
  })),
  {
    ...get('/livez', 'HEAD'),
    id: '2',
    what: 'HEAD /livez has a length and no body',
    status: 200,
    headersOf: ['content-length'],
  },
  { ...post('/livez'), id: '3', what: 'POST /livez is refused', status: 405, headersOf: ['allow'] },
  { ...get('/text'), id: '4', what: 'GET of a method is refused', status: 405, headersOf: ['allow'] },
  { ...get('/nope'), id: '5.get', what: 'GET of an unknown path', status: 404 },
  { ...post('/nope', {}), id: '5.post', what: 'POST to an unknown path', status: 404 },
  { ...post('/text/', {}), id: '6', what: 'a slash too many', status: 307, headersOf: ['location'] },
  {
    ...get('/'),
    id: '7',
    what: 'the page refers to docs.json relatively',
    status: 200,
    sees: async ({ body }, url) => ({ refers: refersToDocs(`${body}${await initializer(url)}`) }),
  },
  { ...get('/docs'), id: '7.docs', what: 'there is no /docs', status: 404 },
  { ...get('/metrics'), id: '8', what: 'the metrics have their media type', status: 200, sees: () => ({}) },
  { ...get('/metrics'), service: 'Narrow', id: '9', what: 'metrics that are off are not there', status: 404 },
]);

const refersToDocs = (text: string) => /["'](?:\.\/)?docs\.json["']/.test(text);

/** The script of the page, where the reference has the address. */
async function initializer(url: string): Promise<string> {
  const { status, body } = await ask(url, get('/static_content/swagger-initializer.js'));
  return status === 200 ? body.toString() : '';
}
