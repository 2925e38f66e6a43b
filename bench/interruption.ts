/** Lets a bench that is interrupted end what it has started. */

/** Aborts when somebody wants the bench to end, who need not say so twice; until it is disposed of. */
export function watchInterruption(): { readonly signal: AbortSignal } & Disposable {
  const interrupted = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => interrupted.abort(new Error(`the bench was ended by ${signal}`));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const one of signals) process.once(one, interrupt);
  return {
    signal: interrupted.signal,
    [Symbol.dispose]() {
      for (const one of signals) process.off(one, interrupt);
    },
  };
}
