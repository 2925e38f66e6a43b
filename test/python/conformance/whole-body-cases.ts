/** How bodies that are taken as a whole are read: row 40 of the checklist. */
import type { Case } from './case.ts';
import { json, post, toCases } from './http-case.ts';

/** All of them. */
export const wholeBodyCases: readonly Case[] = toCases([
  {
    ...post('/rootText', 'words "é"', { 'content-type': 'text/plain' }),
    id: '40.text',
    what: 'a text as the body',
    status: 200,
  },
  { ...post('/rootText', '"x"', json), id: '40.quoted', what: 'a text as a JSON body keeps its quotes', status: 200 },
  { ...post('/rootList', [1, 2]), id: '40.list', what: 'a list as the body', status: 200 },
  { ...post('/rootList', '[1,', json), id: '40.malformed', what: 'a malformed list as the body', status: 500 },
  { ...post('/rootModel', { name: 'x' }), id: '40.model', what: 'a model as the body', status: 200 },
  { ...post('/rootModel', { age: 1 }), id: '40.missing', what: 'a model with a key too few', status: 400 },
  { ...post('/rootText', ''), id: '40.empty', what: 'an empty body where it is the text', status: 200 },
]);
