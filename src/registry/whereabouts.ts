/** Decides whether a registry is inside, where others cannot reach it: only such a one may lead to addresses inside. */

/** What is known of where a registry is. */
export interface Whereabouts {
  /** Notes an address of the registry itself, as a connection to it has it; undefined where that was lost at once. */
  note(address: string | undefined): void;
  isInside(): boolean;
}

/**
 * Inside is who has only been found there: one public address, at whatever time, and it is not. An address that nobody
 * knows says nothing.
 */
export function watchWhereabouts(isPublic: (address: string) => boolean): Whereabouts {
  let seen: 'inside' | 'outside' | undefined;
  return {
    note(address) {
      if (address === undefined || seen === 'outside') return;
      seen = isPublic(address) ? 'outside' : 'inside';
    },
    isInside: () => seen === 'inside',
  };
}
