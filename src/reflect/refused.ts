/** The types that cannot be sent, with what to use instead, as tables. */

/** Why a type is refused. */
export interface Refusal {
  /** Continues `has the type "Date", …`. */
  readonly why: string;
  /** What to do instead; `say` prints a type as the author would write it at this place. */
  readonly remedy: (say: (type: string) => string) => string;
}

const never = 'which cannot cross the wire';

const refuse = (why: string, remedy: Refusal['remedy'] | string): Refusal => ({
  why,
  remedy: typeof remedy === 'string' ? () => remedy : remedy,
});

const bytes = refuse(never, (say) => `send bytes: ${say('Uint8Array')}`);
const numbers = refuse('which this version of Node does not have', (say) => `use ${say('Float32Array')}`);
const stream = refuse(
  never,
  'a stream is the whole result of a method, or a whole parameter of the type AsyncIterable; use an array here',
);
const list = refuse(never, 'use an array');
const wrapper = (primitive: string) => refuse(never, (say) => `write the primitive type: ${say(primitive)}`);

/** Types that the language or the platform declares, by name. */
export const refusedLibrary: ReadonlyMap<string, Refusal> = new Map(
  Object.entries({
    WeakMap: refuse(never, (say) => `use an object: ${say('Record<string, …>')}`),
    WeakSet: refuse(never, 'use an array'),
    SharedArrayBuffer: bytes,
    DataView: bytes,
    Float16Array: numbers,
    Promise: refuse(never, 'await it and use the type of its value'),
    PromiseLike: refuse(never, 'await it and use the type of its value'),
    AsyncIterable: stream,
    AsyncIterator: stream,
    AsyncIterableIterator: stream,
    AsyncGenerator: stream,
    ReadableStream: stream,
    Response: refuse(
      'which is an answer and no part of one',
      'let a method give it alone, as Response or Promise<Response>, and send anywhere else what is in it, such as its bytes: Uint8Array',
    ),
    Request: refuse(
      never,
      'take the body as a whole with @api({ body: true }), and headers from the Context: (body: Uint8Array, context: Context)',
    ),
    Generator: stream,
    Iterable: list,
    Iterator: list,
    IterableIterator: list,
    ArrayLike: list,
    Function: refuse(never, 'send data, and let the receiver choose what to run'),
    Error: refuse(never, 'throw it to answer with an error, or send its message: string'),
    RegExp: refuse(never, (say) => `send its source: ${say('string')}`),
    String: wrapper('string'),
    Number: wrapper('number'),
    Boolean: wrapper('boolean'),
    BigInt: wrapper('bigint'),
    Object: refuse(never, (say) => `write an interface with its properties, or ${say('Record<string, unknown>')}`),
  }),
);

/** For library types that are not in the table. */
export const refusedOther = refuse(
  'which belongs to the language or the platform and cannot cross the wire',
  'write an interface with the properties to send',
);

/** Types by their kind. */
export const refusedKinds = {
  symbol: refuse(never, (say) => `send a name: ${say('string')}`),
  function: refuse(never, 'send data, and let the receiver choose what to run'),
  never: refuse('which no value has', 'write the type of the values to send'),
  undefined: refuse('which JSON does not have', 'use null instead of undefined'),
  computedEnum: refuse(
    'an enum with a member that is computed when the program runs',
    'give each member a number or a string',
  ),
  generic: refuse('which is no concrete type', 'write the type that callers send or get'),
} as const satisfies Record<string, Refusal>;
