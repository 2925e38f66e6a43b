// What the shop keeps; its `Item` is another one.

export interface Item {
  name: string;
  /** Parts that it is made of. */
  parts?: Item[];
}
