/** How errors and limits are answered: rows 59 to 64 of the checklist. */
import type { Answer } from './ask.ts';
import type { Case } from './case.ts';
import { errorFacetsOf, get, post, toCases } from './http-case.ts';

/** All of them. */
export const errorCases: readonly Case[] = toCases([
  ...Object.entries({ 59: [400, 404, 405, 418, 422], 60: [401, 403], 61: [502, 503] }).flatMap(([row, statuses]) =>
    statuses.map((status) => ({
      ...post('/refuse', { status }),
      id: `${row}.${status}`,
      what: `a method that answers ${status}`,
      status,
      sees: ({ body }: Answer) => ({ ...errorFacetsOf(body), errorText: body.includes('meant for the caller') }),
    })),
  ),
  {
    ...post('/crash'),
    id: '61.500',
    what: 'an exception, without its text',
    status: 500,
    sees: ({ body }) => ({ ...errorFacetsOf(body), leaks: body.includes('secret') }),
  },
  {
    ...post('/lie'),
    id: '61.output',
    what: 'an output that is not as declared',
    status: 400,
    sees: ({ body }) => errorFacetsOf(body),
  },
  { ...post('/hang'), id: '62', what: 'a method that takes too long', status: 504, headersOf: ['server'] },
  { ...post('/add', { a: 1 }), id: '64', what: 'a request after one that took too long', status: 200 },
  {
    ...get('/add', 'OPTIONS'),
    id: '97.off',
    what: 'a preflight where there is no CORS',
    status: 405,
    headersOf: ['allow'],
  },
]);
