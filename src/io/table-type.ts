/** How tables are written: rows or columns in JSON, columns on the way to another process, CSV and Arrow as whole bodies. */
import type { ForeignReader, IoType, Schema } from './io-type.ts';
import { Misfit, within } from './misfit.ts';
import { isTable, namesOf, Table, type TableColumns, type TableRow, toColumns, toRows } from './table.ts';
import { readArrow } from './table-arrow.ts';
import { readCsv } from './table-csv.ts';

const kind = 'table';

interface Fields {
  readonly columns: TableColumns<TableRow>;
  readonly length: number;
}

type TableParcel = readonly [mark: RegExp, fields: Fields];

function mapColumns(
  columns: TableColumns<TableRow>,
  change: (values: readonly unknown[], name: string) => readonly unknown[],
): TableColumns<TableRow> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, change(values, name)]));
}

/**
 * The schema of a table: one for an array of rows, and for an object of columns.
 * @param columns schemas of the values by the name of the column; absent where any names go.
 * @param other of the values in columns that have no name here.
 */
export function tableSchema(
  row: unknown,
  columns: { readonly [name: string]: unknown },
  required: readonly string[],
  other: unknown,
): Schema {
  const column = (items: unknown) => ({ type: 'array', items });
  const named = Object.entries(columns).map(([name, items]) => [name, column(items)] as const);
  return {
    type: ['array', 'object'],
    items: row,
    ...(named.length > 0 && { properties: Object.fromEntries(named) }),
    ...(required.length > 0 && { required }),
    ...(other !== undefined && { additionalProperties: column(other) }),
    'x-io-type': kind,
  };
}

/** Names of the columns that are declared, here or in what {@link table} describes; undefined where any go. */
export function columnsOf({ columns, properties, additionalProperties }: Schema): readonly string[] | undefined {
  const names = (columns as readonly string[] | undefined) ?? Object.keys((properties ?? {}) as object);
  return names.length === 0 || additionalProperties !== undefined ? undefined : names;
}

export const table: IoType = {
  name: kind,
  tags: [],
  read(json, schema) {
    const names = columnsOf(schema);
    const columns = Array.isArray(json)
      ? toColumns(json, names ?? namesIn(json))
      : pick(json as TableColumns<TableRow>, names);
    return [/table/, { columns, length: measure(columns, json) } satisfies Fields];
  },
  write: ([, { columns, length }]: readonly [RegExp, Fields], inner) =>
    toRows(columns, length).map((row, at) =>
      within(at, () =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, within(name, () => inner(value))])),
      ),
    ),
  parcel: {
    holds: isTable,
    pack: ({ columns, length }: Table, fields) => void fields.push({ columns, length } satisfies Fields),
    unpack: ([fields]) => Table.fromColumns((fields as Fields).columns), // packed above
  },
  bodies: new Map<string, ForeignReader>([
    ['text/csv', { needs: 'csv-parse', read: readCsv }],
    ['application/vnd.apache.arrow.stream', { needs: 'apache-arrow', read: readArrow }],
    ['application/vnd.apache.arrow.file', { needs: 'apache-arrow', read: readArrow }],
  ]),
  row: {
    hasDimensions: false,
    count: ([, { length }]: TableParcel) => length,
    likeness: ([, { columns }]: TableParcel) => JSON.stringify(Object.keys(columns).sort()),
    cut: ([mark, { columns }]: TableParcel, from, to) => [
      mark,
      { columns: mapColumns(columns, (values) => values.slice(from, to)), length: to - from } satisfies Fields,
    ],
    join(parcels: readonly TableParcel[]) {
      const tables = parcels.map(([, fields]) => fields);
      const [{ columns }] = tables as [Fields];
      const joined = mapColumns(columns, (_, name) => tables.flatMap((one) => one.columns[name] ?? []));
      return [
        /table/,
        { columns: joined, length: tables.reduce((sum, { length }) => sum + length, 0) } satisfies Fields,
      ];
    },
    empty(schema) {
      const columns = Object.fromEntries((columnsOf(schema) ?? []).map((name) => [name, []]));
      return [/table/, { columns, length: 0 } satisfies Fields];
    },
  },
  describe(schema) {
    const columns = columnsOf(schema);
    return { type: 'dataframe', orient: 'records', ...(columns && { columns }), items: schema.items };
  },
  recognise: ({ type }) => (type === 'dataframe' ? { type: ['array', 'object'], 'x-io-type': kind } : undefined),
  typeText({ items }, { inner, imported }) {
    const name = imported('Table');
    return isPlainRow(items) ? `${name}<${inner(items)}>` : name;
  },
};

/** Whether a schema is of an object with named values, and of nothing else. */
function isPlainRow(items: unknown): boolean {
  if (typeof items !== 'object' || items === null) return false;
  const { type, properties } = items as Schema;
  const others = ['const', 'enum', 'anyOf', 'oneOf', 'allOf', '$ref', 'x-io-type', 'x-envelope'];
  return type === 'object' && properties !== undefined && !others.some((keyword) => Object.hasOwn(items, keyword));
}

const mostCells = 2 ** 20;
const mostCellsPerValue = 8;

/** Rows that share no names have as many columns as there are values, and each of them as many cells as there are rows. */
function namesIn(rows: readonly object[]): readonly string[] {
  const names = namesOf(rows);
  const cells = names.length * rows.length;
  if (cells <= mostCells) return names;
  const values = rows.reduce((sum, row) => sum + Object.keys(row).length, 0);
  if (cells <= values * mostCellsPerValue) return names;
  const problem = `has ${values} values in ${rows.length} rows of ${names.length} columns; send so sparse a table by columns`;
  throw new Misfit(kind, problem);
}

function pick(
  columns: TableColumns<TableRow>,
  names: readonly string[] = Object.keys(columns),
): TableColumns<TableRow> {
  return Object.fromEntries(
    names
      .map((name) => [name, Object.hasOwn(columns, name) ? columns[name] : undefined])
      .filter(([, values]) => values),
  );
}

/** How many rows there are; in columns a wrong length is told at its column. */
function measure(columns: TableColumns<TableRow>, json: unknown): number {
  if (Array.isArray(json)) return json.length;
  const [first, ...others] = Object.entries(columns);
  const length = first?.[1].length ?? 0;
  for (const [name, values] of others) {
    if (values.length === length) continue;
    const problem = `has ${values.length} values, but the column ${JSON.stringify(first?.[0])} has ${length}`;
    within(name, () => {
      throw new Misfit(kind, problem);
    });
  }
  return length;
}
