/** How tensors are written: nested arrays in JSON, dtype, shape and data on the way to another process. */
import { type Dimension, type DType, isDType, makeData, sizeOf, type TensorFields } from './dtype.ts';
import type { IoType, ReadCall, Schema } from './io-type.ts';
import { Misfit } from './misfit.ts';
import { isTensor, Tensor } from './tensor.ts';
import { bigRanges, ranges, readElements, readShape, toNested } from './tensor-elements.ts';
import { cutTensor, joinTensors } from './tensor-rows.ts';

const kind = 'tensor';

type TensorParcel = readonly [mark: RegExp, fields: TensorFields];

/**
 * The schema of a tensor.
 * @param shape undefined for any; in it a name stands for one size in the whole call, null for any size.
 * @param allowsNull whether NaN and infinities, which JSON lacks, may come as null: only in what the server gives.
 */
export function tensorSchema(
  dtype: DType,
  shape: readonly (Dimension | null)[] | undefined,
  allowsNull: boolean,
): Schema {
  const marks = { 'x-io-type': kind, 'x-dtype': dtype, ...(shape && { 'x-shape': shape }) };
  if (!shape) return { type: [...new Set(['array', ...[elementSchema(dtype, allowsNull).type].flat()])], ...marks };
  const nested = shape.reduceRight<Schema>(
    (items, length) => {
      const bounds = typeof length === 'number' ? { minItems: length, maxItems: length } : {};
      return { type: 'array', items, ...bounds };
    },
    elementSchema(dtype, allowsNull),
  );
  return { ...nested, ...marks };
}

function elementSchema(dtype: DType, allowsNull: boolean): Schema {
  const range = ranges[dtype];
  if (range) return { type: 'integer', minimum: range[0], maximum: range[1] };
  if (bigRanges[dtype]) return { type: ['integer', 'string'], pattern: '^-?[0-9]{1,20}$' };
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  return { type: allowsNull ? ['number', 'null'] : 'number' };
}

export const tensor: IoType = {
  name: kind,
  tags: [],
  read(json, schema, call) {
    const dtype = schema['x-dtype'] as DType; // written above
    const declared = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
    const shape = readShape(json, declared?.length);
    if (declared) bind(shape, declared, call);
    return [/tensor/, { dtype, shape, data: readElements(dtype, json, shape) } satisfies TensorFields];
  },
  write: ([, fields]: readonly [RegExp, TensorFields]) => toNested(fields, toJsonElement),
  parcel: {
    holds: isTensor,
    pack: ({ dtype, shape, data }: Tensor, parts) => void parts.push({ dtype, shape, data }),
    unpack: ([fields]) => {
      const { dtype, data, shape } = fields as TensorFields; // packed above
      return new Tensor(dtype, data, shape);
    },
  },
  ready: {
    kinds: [kind],
    accept(parcel, schema, call) {
      const { dtype, shape } = parcel[1] as TensorFields; // of a tensor's parcel
      const declared = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
      if (dtype !== schema['x-dtype']) refuse(`must be a tensor of ${schema['x-dtype']}, but is one of ${dtype}`);
      if (declared) assertDeclared(shape, declared);
      if (declared) bind(shape, declared, call);
      return parcel;
    },
  },
  describe(schema) {
    const shape = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
    const sizes = shape?.map((length) => (typeof length === 'number' ? length : -1)); // as numpy writes an open one
    const dim = shape?.every((length) => typeof length === 'number') ? { dim: sizeOf(sizes ?? []) } : {};
    return { type: 'tensor', format: 'numpy-array', dtype: schema['x-dtype'], ...(sizes && { shape: sizes }), ...dim };
  },
  recognise({ type, dtype, shape }) {
    if (type !== 'tensor' || !isDType(dtype)) return undefined; // of what kind it is, no answer says
    const sizes = Array.isArray(shape)
      ? shape.map((size) => (Number.isInteger(size) && size >= 0 ? size : null))
      : undefined;
    return tensorSchema(dtype, sizes, true);
  },
  row: {
    hasDimensions: true,
    count: ([, { shape }]: TensorParcel, dim) => shape[dim],
    likeness: ([, { dtype, shape }]: TensorParcel, dim) => `${dtype} ${shape.with(dim, -1)}`,
    itemLength: ([, { shape }]: TensorParcel, dim) => shape[dim + 1],
    cut: ([mark, fields]: TensorParcel, from, to, dim) => [mark, cutTensor(fields, from, to, dim)],
    join: (parcels: readonly TensorParcel[], dim) => [
      /tensor/,
      joinTensors(
        parcels.map(([, fields]) => fields),
        dim,
      ),
    ],
    empty(schema, dim) {
      const dtype = schema['x-dtype'] as DType; // written above
      const declared = (schema['x-shape'] ?? [0]) as readonly (Dimension | null)[];
      const shape = declared.map((length, at) => (at === dim || typeof length !== 'number' ? 0 : length));
      return [/tensor/, { dtype, shape, data: makeData(dtype, 0) } satisfies TensorFields];
    },
    problem({ 'x-shape': declared }, dim) {
      if (!Array.isArray(declared)) return undefined;
      if (dim >= declared.length) return `has ${declared.length} dimensions, and none is number ${dim}; set batchDim`;
      const size = declared[dim];
      return typeof size === 'number'
        ? `has always ${size} in its dimension ${dim}, along which a batch would have to grow; give that a name: 'batch'`
        : undefined;
    },
  },
  typeText({ 'x-dtype': dtype, 'x-shape': shape }, { imported, literal }) {
    const name = imported('Tensor');
    if (!isDType(dtype)) return name;
    const toText = (size: unknown) => {
      if (typeof size === 'string') return literal(size);
      return typeof size === 'number' && Number.isFinite(size) ? String(size) : 'number';
    };
    return Array.isArray(shape) ? `${name}<'${dtype}', [${shape.map(toText).join(', ')}]>` : `${name}<'${dtype}'>`;
  },
};

/** Of a tensor that comes ready; in JSON the validator sees how long each array is. */
function assertDeclared(shape: readonly number[], declared: readonly (Dimension | null)[]): void {
  const isLike = (length: number, axis: number) => typeof declared[axis] !== 'number' || declared[axis] === length;
  if (shape.length === declared.length && shape.every(isLike)) return;
  refuse(
    `must have the shape [${declared.map((length) => length ?? 'any').join(', ')}], but has [${shape.join(', ')}]`,
  );
}

function bind(shape: readonly number[], declared: readonly (Dimension | null)[], { dimensions }: ReadCall): void {
  for (const [axis, name] of declared.entries()) {
    if (typeof name !== 'string') continue;
    const size = shape[axis] ?? 0;
    const other = dimensions.get(name);
    if (other !== undefined && other !== size) {
      refuse(`has ${size} in its dimension "${name}", which is ${other} elsewhere in this call`);
    }
    dimensions.set(name, size);
  }
}

function refuse(problem: string): never {
  throw new Misfit(kind, problem);
}

/** JSON has no word for NaN and infinities, nor for whole numbers that a `number` does not hold. */
function toJsonElement(element: number | bigint | string | boolean): unknown {
  if (typeof element === 'number') return Number.isFinite(element) ? element : null;
  if (typeof element !== 'bigint') return element;
  const number = Number(element);
  return Number.isSafeInteger(number) ? number : element.toString();
}
