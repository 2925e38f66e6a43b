/** The model behind the batcher as it is, behind oracles that are told the number of callers, and alone. */
import { api, service } from 'bentots';
import { runModel } from './model.ts';

function give(values: number[]): number[] {
  runModel(values.length);
  return values;
}

/** An oracle waits until every caller is there, since it is told how many there are. */
@service({ workers: 1, traffic: { timeoutMs: 60_000 }, logging: { access: { enabled: false } } })
export class Model {
  @api({ slots: 1 }) async alone(values: number[]): Promise<number[]> {
    return give(values);
  }

  @api({ batchable: true, maxBatchSize: 64 }) async learned(values: number[]): Promise<number[]> {
    return give(values);
  }

  @api({ batchable: true, maxBatchSize: 8, maxWaitMs: 1000 }) async oracle8(values: number[]): Promise<number[]> {
    return give(values);
  }

  @api({ batchable: true, maxBatchSize: 32, maxWaitMs: 1000 }) async oracle32(values: number[]): Promise<number[]> {
    return give(values);
  }

  @api({ batchable: true, maxBatchSize: 64, maxWaitMs: 1000 }) async oracle128(values: number[]): Promise<number[]> {
    return give(values);
  }
}
