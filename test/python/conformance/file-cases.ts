/** How forms and files are read, and files are answered: rows 33 to 40 and 49 of the checklist. */
import type { Answer } from './ask.ts';
import type { Case } from './case.ts';
import { everyByte, form, post, toCases, urlencoded } from './http-case.ts';
import { jpeg, png } from './images.ts';

/** All of them. */
export const fileCases: readonly Case[] = toCases([
  { ...urlencoded('/scale', 'a=12&b=1.5'), id: '33', what: 'numbers in an urlencoded form', status: 200 },
  { ...urlencoded('/scale', 'a=1&a=2'), id: '33.twice', what: 'the last of one name wins', status: 200 },
  {
    ...form(
      '/form',
      ['name="text"', 'bare words'],
      ['name="count"', '3'],
      ['name="ratio"', '1.5'],
      ['name="flag"', 'true'],
      ['name="tags"', '["a","b"]'],
      ['name="options"', '{"x": 1}'],
    ),
    id: '34',
    what: 'the fields of a multipart form are JSON',
    status: 200,
  },
  { ...form('/text', ['name="text"', '"quoted"']), id: '34.quoted', what: 'a quoted string in a form', status: 200 },
  { ...form('/text', ['name="text"', '12']), id: '34.digits', what: 'digits for a string in a form', status: 400 },
  {
    ...form('/text', ['name="text"', 'true']),
    id: '34.true',
    what: 'a word of JSON for a string in a form',
    status: 400,
  },
  { ...form('/add', ['name="a"', 'x']), id: '34.wrong', what: 'a word for an integer in a form', status: 400 },
  {
    ...form('/file', ['name="file"; filename="../../e\\\\vil.bin"\r\ncontent-type: application/x-any', everyByte]),
    id: '35',
    what: 'an upload keeps its bytes and its extension, and loses its folders',
    status: 200,
  },
  {
    ...form('/files', ['name="files"; filename="b.txt"', 'b'], ['name="files"; filename="a.md"', 'a']),
    id: '36',
    what: 'a list of files keeps its order',
    status: 200,
  },
  {
    ...form('/file', ['name="file"; filename="b.txt"', 'b'], ['name="file"; filename="a.md"', 'a']),
    id: '36.first',
    what: 'the first of two parts is the file',
    status: 200,
  },
  { ...form('/file', ['name="note"', 'x']), id: '37', what: 'a file that is missing', status: 400 },
  {
    ...form('/maybeFile', ['name="other"', 'x']),
    id: '37.optional',
    what: 'an optional file that is left out',
    status: 200,
  },
  {
    ...form('/picture', ['name="picture"; filename="a.png"', png], ['name="times"', '2']),
    id: '35.picture',
    what: 'a picture without a media type',
    status: 200,
  },
  {
    ...form('/picture', ['name="picture"; filename="a.png"\r\ncontent-type: image/png', 'no picture']),
    id: '35.damaged',
    what: 'a picture that is none',
    status: 500,
  },
  { ...post('/maybeFile', { file: null }), id: '37.null', what: 'an optional file that is null', status: 200 },
  {
    ...form('/sound', ['name="file"; filename="a.png"\r\ncontent-type: image/png', 'x']),
    id: '38',
    what: 'a file of another media type',
    status: 400,
  },
  {
    ...form('/sound', ['name="file"; filename="a.wav"\r\ncontent-type: audio/wav', 'x']),
    id: '38.fits',
    what: 'a file of the media type',
    status: 200,
  },
  {
    ...form('/sound', ['name="file"; filename="a.wav"', 'x']),
    id: '38.none',
    what: 'a file without a media type',
    status: 200,
  },
  ...['127.0.0.1:9', '10.0.0.1', '169.254.169.254', '[::1]:9', 'localhost:9', '2130706433', '0x7f.1'].map((host) => ({
    ...form('/file', ['name="file"', `http://${host}/`]),
    id: `39.${host}`,
    what: `a file at ${host}`,
    status: 400,
  })),
  { ...form('/rootModel', ['name="name"', 'x']), id: '40.form', what: 'a model as a form', status: 200 },
  {
    ...post('/rootFile', everyByte, { 'content-type': 'application/x-any' }),
    id: '40.file',
    what: 'a file as the body',
    status: 200,
  },
  {
    ...post('/rootImage', png, { 'content-type': 'image/png' }),
    id: '40.image',
    what: 'a picture as the body',
    status: 200,
  },
  ...Object.entries({ png, jpeg }).map(([kind, bytes]) => ({
    ...form('/mirror', [`name="picture"; filename="a.${kind}"\r\ncontent-type: image/${kind}`, bytes]),
    id: `49.${kind}`,
    what: `a picture in the format of its source, ${kind}`,
    status: 200,
    sees: ({ body }: Answer) => ({ begins: body.subarray(0, 3).toString('hex') }),
  })),
]);
