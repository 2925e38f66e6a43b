/** The promise of references to models as tests, for kinds of an author's own. */
import assert from 'node:assert/strict';
import type { ModelPlace, ModelRef } from '../sdk/model-ref.ts';
import type { ModelInfo } from '../spec/service-spec.ts';

/** What the tests are given; made anew for each of them. */
export interface ModelRefSubject<T> {
  /** A reference to a model that there is. */
  readonly present: ModelRef<T>;
  /** One of the same kind to a model that there is not. */
  readonly missing: ModelRef<T>;
  readonly place: ModelPlace;
  /** What of a value is compared. @default all of it */
  readonly identify?: (value: T) => unknown;
}

/** A test, for whichever runner. */
export interface ContractTest {
  /** A sentence. */
  readonly name: string;
  /** @throws AssertionError */
  run(): Promise<void>;
}

/**
 * The tests that every {@link ModelRef} passes.
 *
 * @example
 * ```ts no-check: it stands beside the reference
 * for (const { name, run } of modelRefContract(async () => ({ present: mine('here'), missing: mine('gone'), place }))) {
 *   test(`mine: ${name}`, run);
 * }
 * ```
 */
export function modelRefContract<T>(
  create: () => ModelRefSubject<T> | Promise<ModelRefSubject<T>>,
): readonly ContractTest[] {
  const promise = (name: string, keep: (subject: Required<ModelRefSubject<T>>) => Promise<void>): ContractTest => ({
    name,
    run: async () => keep({ identify: (value) => value, ...(await create()) }),
  });
  return [
    promise('the info is plain data that JSON gives back as it is', async ({ present, missing }) => {
      for (const ref of [present, missing]) assertPlain(ref.toInfo());
    }),
    promise('the info of one reference says as much as the next time', async ({ present }) => {
      assert.deepEqual(present.toInfo(), present.toInfo());
    }),
    promise('a reference that is made again has the same info', async ({ present }) => {
      assert.deepEqual(present.fromInfo(copyOf(present.toInfo())).toInfo(), present.toInfo());
    }),
    promise('what is made of an info does not depend on the reference that makes it', async (subject) => {
      const { present, missing, place, identify } = subject;
      const again = missing.fromInfo(copyOf(present.toInfo()));
      assert.deepEqual(identify(await again.resolve(place)), identify(await present.resolve(place)));
    }),
    promise('the info of another kind is refused', async ({ present }) => {
      assert.throws(() => present.fromInfo({ kind: 'a kind that nobody has' }), 'fromInfo takes any info');
    }),
    promise('it is resolved to the same again, and by several at once', async ({ present, place, identify }) => {
      const values = await Promise.all([1, 2, 3].map(() => present.resolve(place)));
      const [first, ...others] = [...values, await present.resolve(place)].map(identify);
      for (const other of others) assert.deepEqual(other, first);
    }),
    promise('what was resolved is found without waiting', async ({ present, place, identify }) => {
      const value = await present.resolve(place);
      const found = present.find(place);
      assert.ok(found !== undefined, 'find gives nothing');
      assert.deepEqual(identify(found), identify(value));
    }),
    promise('what is missing is not found, and resolving it says why in a sentence', async ({ missing, place }) => {
      assert.equal(missing.find(place), undefined);
      await assert.rejects(missing.resolve(place), (error: unknown) => {
        assert.ok(error instanceof Error && /\S+ \S+/.test(error.message), 'resolve rejects without a sentence');
        return true;
      });
    }),
    promise('pinned, it is plain data of the same kind, and means the same', async (subject) => {
      const { present, place, identify } = subject;
      const pinned = await present.pin?.(place);
      if (!pinned) return; // a kind that always means the same
      assertPlain(pinned);
      assert.equal(pinned.kind, present.toInfo().kind);
      const again = present.fromInfo(copyOf(pinned));
      assert.deepEqual(identify(await again.resolve(place)), identify(await present.resolve(place)));
      assert.deepEqual(await again.pin?.(place), pinned, 'pinned again, it is another one');
    }),
    promise('what is missing cannot be pinned', async ({ missing, place }) => {
      if (missing.pin) await assert.rejects(missing.pin(place), Error);
    }),
  ];
}

function assertPlain(info: ModelInfo): void {
  assert.ok(typeof info.kind === 'string' && info.kind !== '', 'the info has no kind');
  assert.deepEqual(copyOf(info), info, 'JSON gives another info back');
}

function copyOf(info: ModelInfo): ModelInfo {
  return JSON.parse(JSON.stringify(info)) as ModelInfo; // of an info
}
