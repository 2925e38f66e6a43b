/** Copies a value of plain objects and arrays as far as something in it changes. */
import { addStep } from './misfit.ts';

const maxDepth = 1000; // twice as much would need more stack than there is before the code is optimised

/** Gives the array itself where `change` gives every item back. */
export function rebuildArray(
  items: readonly unknown[],
  depth: number,
  change: (item: unknown, depth: number) => unknown,
): readonly unknown[] {
  assertDepth(depth);
  let copy: unknown[] | undefined;
  let at = 0;
  try {
    for (; at < items.length; at++) {
      const item = items[at];
      if (typeof item === 'number' || typeof item === 'string') continue;
      const changed = change(item, depth + 1);
      if (changed === item) continue;
      copy ??= [...items];
      copy[at] = changed;
    }
  } catch (error) {
    throw addStep(error, at);
  }
  return copy ?? items;
}

/** Gives the object itself where `change` gives every value back. */
export function rebuildObject(
  value: object,
  depth: number,
  change: (inner: unknown, depth: number) => unknown,
): object {
  assertDepth(depth);
  let copy: Record<string, unknown> | undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'number' || typeof inner === 'string') continue;
    let changed: unknown;
    try {
      changed = change(inner, depth + 1);
    } catch (error) {
      throw addStep(error, key);
    }
    if (changed === inner) continue;
    copy ??= { ...value }; // makes own properties of all keys, so that writing one cannot set a prototype
    copy[key] = changed;
  }
  return copy ?? value;
}

function assertDepth(depth: number): void {
  if (depth > maxDepth) throw new RangeError(`it is nested deeper than ${maxDepth} levels, or holds itself`);
}
