/** Makes of Moonshine's decoder one that decodes several pieces at once, each as if it were alone. */
import { changeModel, type OnnxNode } from './onnx.ts';

/** An input that is added to how much attention each frame of each piece gets: 0, or much less where there is none. */
export const maskName = 'encoder_mask';

/**
 * As it comes, the decoder cannot do that. It cuts what it multiplies down to 8 bits, on a scale that is common to all
 * pieces, so that one changes what is made of another; and it listens to all frames, also to those that only make a
 * piece as long as the others. So floats are multiplied instead, with weights that the runtime makes floats once it has
 * loaded them, and there is a mask.
 */
export function toBatchDecoder(model: Uint8Array): Uint8Array {
  const mask = { name: maskName, dimensions: ['batch_size', 1, 1, 'mask_length'] };
  return changeModel(model, (nodes) => addMask(multiplyFloats(nodes)), mask);
}

/**
 * A quantized product takes five steps: `DynamicQuantizeLinear` makes 8 bits, a scale and a zero of what is multiplied,
 * `MatMulInteger` multiplies, `Cast` makes floats of that, one `Mul` multiplies the scales, and another one both.
 */
function multiplyFloats(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const floats = nodes.flatMap((node): readonly OnnxNode[] => {
    const [ofCast = '', ofScales = ''] = node.inputs;
    const product = makers.get(makers.get(ofCast)?.inputs[0] ?? '');
    if (node.op !== 'Mul' || product?.op !== 'MatMulInteger') return [node];
    const [quantized = '', weights = '', , zero = ''] = product.inputs;
    const [given = ''] = makers.get(quantized)?.inputs ?? [];
    const [, scale = ''] = makers.get(ofScales)?.inputs ?? [];
    const [output = ''] = node.outputs;
    return [
      create('DequantizeLinear', [weights, scale, zero], `${output}_weights`),
      create('MatMul', [given, `${output}_weights`], output),
    ];
  });
  return withoutUnread(floats);
}

const quantizing = ['DynamicQuantizeLinear', 'MatMulInteger', 'Cast', 'Mul'];

/** Leaves out what was only there for a quantized product. */
function withoutUnread(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const kept = nodes.filter(
    ({ op, outputs }) => !quantizing.includes(op) || outputs.some((output) => read.has(output)),
  );
  return kept.length === nodes.length ? nodes : withoutUnread(kept); // what those have read, perhaps nobody reads now
}

function addMask(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  return nodes.flatMap((node) => {
    if (node.op !== 'Softmax' || !node.name.includes('/encoder_attn/')) return [node];
    const [scores = ''] = node.inputs;
    return [create('Add', [scores, maskName], `${scores}_masked`), { ...node, inputs: [`${scores}_masked`] }];
  });
}

function create(op: string, inputs: readonly string[], output: string): OnnxNode {
  return { op, name: `${output}/${op}`, inputs, outputs: [output], rest: [] };
}
