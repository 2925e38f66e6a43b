/** Does something with each of many things, a few of them at once; the first failure ends the others. */

/**
 * Fails with the first failure, once all that was begun has ended, so that nothing is written any more then.
 * @param failed is aborted by it.
 */
export async function inLanes<T>(
  items: readonly T[],
  atOnce: number,
  failed: AbortController,
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const lane = async (): Promise<void> => {
    for (const item of left) {
      if (failed.signal.aborted) return;
      await run(item);
    }
  };
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, () =>
    lane().catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(lanes);
  if (results.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
}
