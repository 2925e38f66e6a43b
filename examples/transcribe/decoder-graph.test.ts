import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskName, toBatchDecoder } from './decoder-graph.ts';
import { changeModel, type OnnxNode } from './onnx.ts';

/** A field of a protobuf message, of less than 16 KiB. */
function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.of(number * 8 + 2, (bytes.length % 128) + 128, Math.floor(bytes.length / 128)), bytes]);
}

function node(op: string, name: string, inputs: readonly string[], outputs: readonly string[], rest: Buffer[] = []) {
  const names = [...inputs.map((one) => field(1, one)), ...outputs.map((one) => field(2, one))];
  return field(1, Buffer.concat([...names, field(3, name), field(4, op), ...rest]));
}

/** A model whose only step holds a graph, as that of the decoder does. */
function modelOf(...nodes: readonly Buffer[]): Buffer {
  const branch = field(5, Buffer.concat([field(1, 'then_branch'), field(6, Buffer.concat(nodes))]));
  const version = Buffer.of(8, 7);
  return Buffer.concat([version, field(7, Buffer.concat([node('If', 'either', ['which'], ['given'], [branch])]))]);
}

/** The steps of all graphs, inner ones first. */
function stepsOf(model: Uint8Array): readonly OnnxNode[] {
  const steps: OnnxNode[] = [];
  const look = (nodes: readonly OnnxNode[]) => {
    steps.push(...nodes);
    return nodes;
  };
  changeModel(model, look, { name: 'none', dimensions: [] });
  return steps;
}

const lineOf = ({ op, inputs, outputs }: OnnxNode) => `${outputs} = ${op}(${inputs.join(', ')})`;

test('quantized products become products of floats, and the attention to what was heard gets a mask', () => {
  const changed = toBatchDecoder(
    modelOf(
      node('DynamicQuantizeLinear', '', ['x'], ['x8', 'x_scale', 'x_zero']),
      node('MatMulInteger', '', ['x8', 'w', 'x_zero', 'w_zero'], ['whole']),
      node('Mul', '', ['x_scale', 'w_scale'], ['scale']),
      node('Cast', '', ['whole'], ['float']),
      node('Mul', '', ['float', 'scale'], ['scores']),
      node('Softmax', '/layers.0/encoder_attn/Softmax', ['scores'], ['attention']),
      node('Softmax', '/layers.0/self_attn/Softmax', ['attention'], ['y']),
    ),
  );
  assert.deepEqual(stepsOf(changed).map(lineOf), [
    'scores_weights = DequantizeLinear(w, w_scale, w_zero)',
    'scores = MatMul(x, scores_weights)',
    `scores_masked = Add(scores, ${maskName})`,
    'attention = Softmax(scores_masked)',
    'y = Softmax(attention)',
    'given = If(which)',
  ]);
});

test('what is not changed stays in the file as it is, and the input is added', () => {
  const model = modelOf(node('Relu', 'only', ['x'], ['y']));
  const changed = Buffer.from(changeModel(model, (nodes) => nodes, { name: 'mask', dimensions: ['batch', 1] }));
  assert.deepEqual(stepsOf(changed), stepsOf(model));
  assert.deepEqual(changed.subarray(0, 2), model.subarray(0, 2));
  for (const words of ['mask', 'batch', 'then_branch']) assert.ok(changed.includes(words));
});
