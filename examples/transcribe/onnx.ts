/** Changes what an ONNX model does, in its file: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, in protobuf. */

/** A step of a graph. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What else the file says of it; nothing for a new one. */
  readonly rest: readonly Uint8Array[];
}

/** One more tensor of floats that a model is given. A dimension with a name may have any size. */
export interface OnnxInput {
  readonly name: string;
  readonly dimensions: readonly (string | number)[];
}

type Change = (nodes: readonly OnnxNode[]) => readonly OnnxNode[];

/**
 * Gives the model with other steps and one more input.
 *
 * @param change gets the steps of a graph in their order, and gives those that it shall have; of each graph, also of those
 *   that stand within a step.
 */
export function changeModel(model: Uint8Array, change: Change, input: OnnxInput): Uint8Array {
  const parts = readFields(model).map(({ number, content, bytes }) =>
    number === places.model.graph && content
      ? toField(number, concat([changeGraph(content, change), toField(places.graph.input, writeInput(input))]))
      : bytes,
  );
  return concat(parts);
}

/** Numbers of the fields that are read or written. */
const places = {
  model: { graph: 7 },
  graph: { node: 1, input: 11 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5 },
  attribute: { graph: 6 },
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensor: { elementType: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { size: 1, name: 2 },
};

const float = 1; // among the types of elements

function changeGraph(graph: Uint8Array, change: Change): Uint8Array {
  const { node } = places.graph;
  const fields = readFields(graph);
  const nodes = fields.flatMap(({ number, content }) =>
    number === node && content ? [readNode(content, change)] : [],
  );
  const others = fields.filter(({ number }) => number !== node).map(({ bytes }) => bytes);
  return concat([...change(nodes).map((one) => toField(node, writeNode(one))), ...others]);
}

function readNode(bytes: Uint8Array, change: Change): OnnxNode {
  const { input, output, name, op, attribute } = places.node;
  const fields = readFields(bytes);
  const textsAt = (place: number) =>
    fields.flatMap(({ number, content }) => (number === place && content ? [new TextDecoder().decode(content)] : []));
  const rest = fields.flatMap(({ number, content, bytes }) => {
    if ([input, output, name, op].includes(number)) return [];
    return [number === attribute && content ? toField(number, changeAttribute(content, change)) : bytes];
  });
  return {
    op: textsAt(op)[0] ?? '',
    name: textsAt(name)[0] ?? '',
    inputs: textsAt(input),
    outputs: textsAt(output),
    rest,
  };
}

function changeAttribute(bytes: Uint8Array, change: Change): Uint8Array {
  const { graph } = places.attribute;
  const parts = readFields(bytes).map(({ number, content, bytes }) =>
    number === graph && content ? toField(graph, changeGraph(content, change)) : bytes,
  );
  return concat(parts);
}

function writeNode({ op, name, inputs, outputs, rest }: OnnxNode): Uint8Array {
  const { node } = places;
  return concat([
    ...inputs.map((one) => toField(node.input, toBytes(one))),
    ...outputs.map((one) => toField(node.output, toBytes(one))),
    toField(node.name, toBytes(name)),
    toField(node.op, toBytes(op)),
    ...rest,
  ]);
}

function writeInput({ name, dimensions }: OnnxInput): Uint8Array {
  const { value, type, tensor, shape, dimension } = places;
  const sizes = dimensions.map((size) =>
    toField(
      shape.dimension,
      typeof size === 'string' ? toField(dimension.name, toBytes(size)) : toNumberField(dimension.size, size),
    ),
  );
  const described = concat([toNumberField(tensor.elementType, float), toField(tensor.shape, concat(sizes))]);
  return concat([toField(value.name, toBytes(name)), toField(value.type, toField(type.tensor, described))]);
}

/** A field of a message. */
interface Field {
  readonly number: number;
  /** What is in it; nothing of numbers, which are left as they are. */
  readonly content: Uint8Array | undefined;
  /** The whole field. */
  readonly bytes: Uint8Array;
}

/** How the length of a field is told: https://protobuf.dev/programming-guides/encoding/#structure */
const wire = { varint: 0, bytes64: 1, delimited: 2, bytes32: 5 };

function readFields(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte % 128) * place;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const from = at;
    const key = readVarint();
    const form = key % 8;
    let content: Uint8Array | undefined;
    if (form === wire.varint) readVarint();
    else if (form === wire.delimited) {
      const length = readVarint();
      content = bytes.subarray(at, at + length);
      at += length;
    } else at += form === wire.bytes32 ? 4 : 8;
    fields.push({ number: Math.floor(key / 8), content, bytes: bytes.subarray(from, at) });
  }
  return fields;
}

function toField(number: number, content: Uint8Array): Uint8Array {
  return concat([toVarint(number * 8 + wire.delimited), toVarint(content.length), content]);
}

function toNumberField(number: number, value: number): Uint8Array {
  return concat([toVarint(number * 8 + wire.varint), toVarint(value)]);
}

function toVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Uint8Array.of(...bytes, left);
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
