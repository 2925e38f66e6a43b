/** Makes the name of a bento of that of its service. */

/**
 * As BentoML does: `MyService` is `my_service`, `LLMService` is `llm_service`.
 * @returns what need not be a name of a tag yet: whoever makes a tag of it checks it.
 */
export function toBentoName(service: string): string {
  return service
    .replace(/[A-Z]+(?=[a-z0-9])/g, (run) => {
      const [before, last] = [run.slice(0, -1).toLowerCase(), run.slice(-1).toLowerCase()];
      return before === '' ? `_${last}` : `_${before}_${last}`;
    })
    .replace(/^_+/, '')
    .toLowerCase();
}
