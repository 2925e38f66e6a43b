/** Writes a tiny model in the format ONNX, without anything of Python: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

/** One dimension: how many, or a name where that is open. */
type Dimension = number | string;

const int64 = 7;
const float = 1;

/** An embedding: a row of the table for each of `input_ids`, as `last_hidden_state`; the other inputs are not used. */
export function embeddingModel(table: readonly (readonly number[])[]): Buffer {
  const [width = 0] = table.map((row) => row.length);
  const data = Buffer.from(new Float32Array(table.flat()).buffer);
  const initializer = [numbers(1, [table.length, width]), number(2, float), text(8, 'table'), bytes(9, data)];
  const node = [text(1, 'table'), text(1, 'input_ids'), text(2, 'last_hidden_state'), text(4, 'Gather')];
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
    value(11, name, int64, ['batch', 'length']),
  );
  const output = value(12, 'last_hidden_state', float, ['batch', 'length', width]);
  const graph = [bytes(1, join(node)), text(2, 'tiny'), bytes(5, join(initializer)), ...inputs, output];
  const opset = [text(1, ''), number(2, 13)];
  return join([number(1, 8), text(2, 'bentots'), bytes(7, join(graph)), bytes(8, join(opset))]);
}

function value(field: number, name: string, type: number, shape: readonly Dimension[]): Buffer {
  const dimensions = shape.map((one) => bytes(1, typeof one === 'number' ? number(1, one) : text(2, one)));
  const tensor = join([number(1, type), bytes(2, join(dimensions))]);
  return bytes(field, join([text(1, name), bytes(2, bytes(1, tensor))]));
}

const join = (parts: readonly Buffer[]) => Buffer.concat(parts);
const number = (field: number, value: number) => join([varint(field << 3), varint(value)]);
const numbers = (field: number, values: readonly number[]) => join(values.map((value) => number(field, value)));
const bytes = (field: number, content: Buffer) => join([varint((field << 3) | 2), varint(content.byteLength), content]);
const text = (field: number, content: string) => bytes(field, Buffer.from(content));

function varint(value: number): Buffer {
  return value < 128 ? Buffer.of(value) : join([Buffer.of((value % 128) | 128), varint(Math.floor(value / 128))]);
}
