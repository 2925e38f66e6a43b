// What a customer sends; has a type `Item` of its own.

export interface Item {
  /** Number in the catalogue. @example 4711 */
  id: number;
  /** @minimum 1 @maximum 100 */
  count: number;
}

export interface Card {
  kind: 'card';
  /** @pattern ^[0-9]{16}$ @example "4111111111111111" */
  number: string;
}

export interface Transfer {
  kind: 'transfer';
  iban: string;
}

/** How it is paid. */
export type Payment = Card | Transfer;
