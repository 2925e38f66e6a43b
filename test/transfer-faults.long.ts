/** Transfers of all kinds that are ended in the middle. */
import { actionNames, testEnds } from './registry/ended.ts';

testEnds(
  actionNames.flatMap((action) =>
    (['SIGINT', 'SIGTERM', 'SIGKILL'] as const).map((signal) => [action, signal] as const),
  ),
);
