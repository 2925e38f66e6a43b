/** Starts a generation, and notes what its code came from. */
import { type Generation, type GenerationOptions, startGeneration } from '../../pool/generation.ts';
import type { Target } from '../../pool/target.ts';
import type { TypeReader } from '../../pool/type-reader.ts';
import type { Tracker } from './tracker.ts';

/**
 * As `startGeneration`.
 * @param find looks for the file to serve: it may be another one than before.
 */
export async function startTracked(
  find: () => Promise<Target>,
  options: Omit<GenerationOptions, 'target' | 'watched'>,
  { tracker, types }: { readonly tracker: Tracker; readonly types: TypeReader },
): Promise<Generation> {
  const reading = await tracker.begin();
  try {
    const target = await find();
    await reading.open(target.file);
    const generation = await startGeneration({ ...options, target, watched: { types, onSource: reading.add } });
    await reading.end('succeeded');
    types.warm(target.file);
    return generation;
  } catch (error) {
    await reading.end('failed');
    throw error;
  }
}
