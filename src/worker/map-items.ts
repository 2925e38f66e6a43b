/** Makes another item of each item of a stream. */

/**
 * Whoever stops reading stops the source at once, also one that is waiting.
 * @param change gives the new item, at once or later; where it throws, the source is told that nobody wants the rest.
 */
export function mapItems(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  change: (item: unknown) => unknown,
): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const inner =
        Symbol.asyncIterator in source
          ? source[Symbol.asyncIterator]()
          : (source as Iterable<unknown>)[Symbol.iterator]();
      const end = async () => {
        await inner.return?.();
        return { done: true as const, value: undefined };
      };
      return {
        async next() {
          const step = await inner.next();
          if (step.done) return { done: true, value: undefined };
          try {
            return { done: false, value: await change(step.value) };
          } catch (error) {
            await end().catch(() => {}); // what is wrong with the item says more
            throw error;
          }
        },
        return: end,
      };
    },
  };
}
