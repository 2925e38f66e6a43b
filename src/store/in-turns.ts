/** Does something with each of many things, a few of them at once. */

const atOnce = 16; // files that are open together

/** Begins nothing more after a failure, and fails once what was begun has ended. */
export async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  let isOver = false;
  const lane = async () => {
    for (const item of left) {
      if (isOver) return;
      await run(item).catch((error: unknown) => {
        isOver = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
