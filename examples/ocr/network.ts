/** Runs the networks of PP-OCRv4: each has one input, a picture, and one output of float32. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * Opens a network that computes on the calling thread. More threads of ONNX Runtime would spin while they wait for each
 * other, which costs more than it gains where others want the processors; `--workers` uses them better.
 */
export function openNetwork(file: string): Promise<InferenceSession> {
  return InferenceSession.create(file, { intraOpNumThreads: 1 });
}

/** Runs a network over a picture, given as planes of colour. It holds the thread. */
export async function run(
  network: InferenceSession,
  planes: Float32Array,
  width: number,
  height: number,
): Promise<Float32Array> {
  const [input = '', output = ''] = [...network.inputNames, ...network.outputNames];
  const results = await network.run({ [input]: new Tensor('float32', planes, [1, 3, height, width]) });
  return results[output]?.data as Float32Array; // as said above
}
