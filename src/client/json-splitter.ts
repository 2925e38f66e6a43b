/** Finds where one JSON text ends and the next begins, in a body that puts nothing between them. */

/** Collects text into whole JSON texts. */
export interface JsonSplitter {
  push(text: string): string[];
  /** What is left over when the body ends; the empty string if it ended between two texts. */
  rest(): string;
}

/**
 * Creates a splitter for one body. Objects, arrays and strings may be split anywhere; a bare number, `true`, `false` or
 * `null` ends with its chunk, since nothing else marks its end.
 */
export function createJsonSplitter(): JsonSplitter {
  let held = '';
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  return {
    rest: () => held,
    push(text) {
      const found: string[] = [];
      let start = 0;
      const cut = (end: number) => {
        const json = (held + text.slice(start, end)).trim();
        held = '';
        start = end;
        if (json !== '') found.push(json);
      };
      for (let at = 0; at < text.length; at++) {
        const char = text[at];
        if (isInString) {
          if (isEscaped) isEscaped = false;
          else if (char === '\\') isEscaped = true;
          else if (char === '"') {
            isInString = false;
            if (depth === 0) cut(at + 1);
          }
          continue;
        }
        const opens = char === '{' || char === '[';
        if (depth === 0 && (opens || char === '"')) cut(at); // a bare number or word may stand before it
        if (char === '"') isInString = true;
        if (opens) depth++;
        if (char === '}' || char === ']') {
          depth = Math.max(0, depth - 1);
          if (depth === 0) cut(at + 1);
        }
      }
      if (depth === 0 && !isInString) cut(text.length);
      held += text.slice(start);
      return found;
    },
  };
}
