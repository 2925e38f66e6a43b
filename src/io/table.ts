/** `Table`: rows of named columns. */

/** Rows by the names of their columns. */
export type TableRow = { readonly [name: string]: unknown };

/** The columns of a table: for each name as many values as there are rows. */
export type TableColumns<Row extends object> = { readonly [Name in keyof Row]-?: readonly Row[Name][] };

const tableBrand = Symbol.for('bentots.table/1');

/**
 * A table. It is held by columns, as models take it. In JSON it is an array of rows, or an object of columns; a body may
 * also be CSV or an Arrow IPC stream.
 *
 * @example
 * ```ts
 * @api() price(houses: Table<{ rooms: number; area: number }>): Table<{ price: number }> {
 *   const { rooms, area } = houses.columns;
 *   return Table.fromColumns({ price: rooms.map((count, at) => 9000 * count + 2000 * (area[at] ?? 0)) });
 * }
 * ```
 */
export class Table<Row extends object = TableRow> {
  readonly columns: TableColumns<Row>;
  /** How many rows there are. */
  readonly length: number;

  private constructor(columns: TableColumns<Row>, length: number) {
    this.columns = columns;
    this.length = length;
    Object.defineProperty(this, tableBrand, { value: true });
  }

  /** @throws TypeError if the columns are not equally long. */
  static fromColumns<Row extends object>(columns: TableColumns<Row>): Table<Row> {
    const [first, ...others] = Object.entries<readonly unknown[]>(columns);
    const length = first?.[1].length ?? 0;
    for (const [name, { length: other }] of others) {
      if (other === length) continue;
      throw new TypeError(`the column "${name}" has ${other} values, but "${first?.[0]}" has ${length}`);
    }
    return new Table(columns, length);
  }

  /** The columns are those that any row has; a row that lacks one has `undefined` in it. */
  static fromRows<Row extends object>(rows: readonly Row[]): Table<Row> {
    return new Table(toColumns(rows) as TableColumns<Row>, rows.length);
  }

  /** One row; `undefined` where there is none. */
  row(at: number): Row | undefined {
    return at >= 0 && at < this.length ? (toRow(this.columns as TableColumns<TableRow>, at) as Row) : undefined;
  }

  /** All rows. */
  rows(): Row[] {
    return toRows(this.columns as TableColumns<TableRow>, this.length) as Row[];
  }
}

/** Whether a value is a table, of this copy of the class or another. */
export function isTable(value: object): value is Table {
  return tableBrand in value;
}

/** Rows of a table that has these columns. */
export function toRows(columns: TableColumns<TableRow>, length: number): TableRow[] {
  return Array.from({ length }, (_, at) => toRow(columns, at));
}

/** The columns that any of the rows has, or those of the given names. */
export function toColumns(rows: readonly object[], names = namesOf(rows)): TableColumns<TableRow> {
  return Object.fromEntries(
    names.map((name) => [name, rows.map((row) => (Object.hasOwn(row, name) ? (row as TableRow)[name] : undefined))]),
  );
}

/** Names of the columns that any of the rows has, in the order in which they are met. */
export function namesOf(rows: readonly object[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** What a row lacks is left out of it. */
function toRow(columns: TableColumns<TableRow>, at: number): TableRow {
  const entries = Object.entries(columns).map(([name, values]) => [name, values[at]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
