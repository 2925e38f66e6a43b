/** A store while processes are killed at every one of their calls to the file system. */
import { testKills } from './store/faults.ts';

testKills(1);
