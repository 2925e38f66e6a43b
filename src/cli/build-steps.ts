/** Shows on a terminal what a build is doing; elsewhere only what it warns of. */
import type { BuildStep } from '../build/build-bento.ts';

/** The steps of one build, until the end of its block. */
export interface BuildSteps extends AsyncDisposable {
  readonly show: (step: BuildStep) => void;
  readonly warn: (message: string) => void;
  /** Says that all went well. */
  end(): void;
}

const words: Readonly<Record<BuildStep, string>> = {
  describe: 'loading the service and reading its types',
  copy: 'copying files',
  bundle: 'making JavaScript',
  models: 'adding models',
  digest: 'summing up',
  check: 'loading what was built',
};

/** Begins to show them, on standard error: standard output is for the result. */
export async function showBuildSteps(): Promise<BuildSteps> {
  const warn = (message: string) => void process.stderr.write(`bento: ${message}\n`);
  if (!process.stderr.isTTY) return { show() {}, warn, end() {}, async [Symbol.asyncDispose]() {} };
  const { spinner } = await import('@clack/prompts'); // only where somebody looks
  const turning = spinner({ output: process.stderr, indicator: 'timer' });
  let isOver = false;
  turning.start('building');
  return {
    show: (step) => turning.message(words[step]),
    warn(message) {
      turning.message('');
      process.stderr.write(`\r\x1b[2Kbento: ${message}\n`);
    },
    end() {
      isOver = true;
      turning.stop('built');
    },
    async [Symbol.asyncDispose]() {
      if (!isOver) turning.cancel('not built');
    },
  };
}
