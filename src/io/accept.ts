/** `Accept`: which of several media types a caller likes best (RFC 9110 section 12.5.1). */

/** Something that can be answered. */
export interface Offer {
  /** A media type, or a range of them where only the value decides; parameters are not looked at. */
  readonly mediaType: string;
  /** Whether a wildcard does not ask for it: only a caller that names it knows what to do with it. */
  readonly isByName?: boolean;
}

/**
 * The offer that a caller likes best. Of those liked equally it is one that had to be asked for by name, else the first.
 * Where the header is missing, or allows none of them, it is the first: an answer in another form is of more use than none.
 */
export function chooseOffer<T extends Offer>(accept: string | undefined, offers: readonly [T, ...T[]]): T {
  const [first] = offers;
  if (accept === undefined || offers.length === 1 || accept === '*/*') return first;
  const ranges = parseAccept(accept);
  const names = offers.map(({ mediaType }) => essence(mediaType));
  let best = first;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges, names);
    const isLiked = quality > bestQuality || (quality === bestQuality && offer.isByName === true && !best.isByName);
    if (quality === 0 || !isLiked) continue;
    best = offer;
    bestQuality = quality;
  }
  return best;
}

interface MediaRange {
  /** Lower-case, without parameters. */
  readonly name: string;
  /** 0 to 1; 0 is "never". */
  readonly quality: number;
}

const maxRanges = 100; // of a header full of them a request would cost several milliseconds

/** What cannot be read is left out, and so is what comes after more than any client names. */
function parseAccept(accept: string): MediaRange[] {
  return accept.split(',', maxRanges).flatMap((text) => {
    const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter)) ?? 'q=1';
    const [, quality] = /^q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(weight) ?? [];
    return name.includes('/') && quality !== undefined ? [{ name, quality: Number(quality) }] : [];
  });
}

/** What the most precise range that speaks of an offer says. */
function qualityOf(offer: Offer, ranges: readonly MediaRange[], names: readonly string[]): number {
  const own = essence(offer.mediaType);
  let quality = 0;
  let precision = 0;
  for (const range of ranges) {
    const reached = precisionOf(range.name, own, offer.isByName === true, names);
    if (reached <= precision) continue;
    precision = reached;
    quality = range.quality;
  }
  return quality;
}

/** 3 for the type itself, 2 for all of its kind, 1 for everything, 0 if it does not speak of the offer. */
function precisionOf(range: string, own: string, isByName: boolean, names: readonly string[]): number {
  if (range === own) return 3;
  if (isByName) return 0;
  if (range === '*/*') return 1;
  const [kind = '', ownKind = ''] = [range, own].map((name) => name.split('/', 1)[0]);
  if (range.endsWith('/*')) return kind === ownKind || own === '*/*' ? 2 : 0;
  // An offer of many types is meant by one of them, unless that is another offer.
  const isMember = own === '*/*' || (own.endsWith('/*') && kind === ownKind);
  return isMember && !names.includes(range) ? 3 : 0;
}

/** A media type without its parameters. */
function essence(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim();
}
