/** Bounds what the code of one worker may write into the log, so that a flood costs neither memory nor the other lines. */

/** The budget of one writer. */
export interface LogBudget {
  /** Whether a line of so many bytes may be written now; one that may not is counted. */
  admits(bytes: number): boolean;
  /** Tells now of the lines that were left out. */
  settle(): void;
}

const windowMs = 1000;
const linesAWindow = 5000; // two or three for each call at the rate that one worker reaches
const bytesAWindow = 4 * 1024 * 1024;

/**
 * Creates a budget.
 *
 * @param onLeftOut is told how many lines were left out, at most once a second.
 * @param now monotonic milliseconds.
 */
export function createLogBudget(onLeftOut: (lines: number) => void, now: () => number): LogBudget {
  let begunMs = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let bytes = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;

  const settle = () => {
    clearTimeout(timer);
    timer = undefined;
    const count = leftOut;
    leftOut = 0;
    if (count > 0) onLeftOut(count);
  };

  return {
    settle,
    admits(size) {
      const nowMs = now();
      if (nowMs - begunMs >= windowMs) {
        begunMs = nowMs;
        lines = 0;
        bytes = 0;
      }
      if (lines < linesAWindow && bytes + size <= bytesAWindow) {
        lines++;
        bytes += size;
        return true;
      }
      leftOut++;
      timer ??= setTimeout(settle, windowMs).unref();
      return false;
    },
  };
}
