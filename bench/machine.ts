/** Where and of what a result was measured. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

/** One line on machine, Node and commit; nothing that names a person's machine. */
export function describeRun(root: string, date: Date): string {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown processor';
  return (
    `${date.toISOString().slice(0, 10)}, ${availableParallelism()} × ${cpu}, ` +
    `${process.platform} ${process.arch}, Node ${process.version}, commit ${describeCommit(root)}`
  );
}

function describeCommit(root: string): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    const isDirty = git('status', '--porcelain', '--', 'src', 'package.json') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isDirty ? ' (dirty)' : ''}`;
  } catch {
    return 'unknown'; // not a checkout
  }
}
