/** Limits that are part of a type: `number & Min<0>`, `string & Format<'uuid'>`. */

// The keys exist for the compiler only: a plain number is assignable to `number & Min<0>`, and reflection reads the limit.
declare const minimum: unique symbol;
declare const maximum: unique symbol;
declare const exclusiveMinimum: unique symbol;
declare const exclusiveMaximum: unique symbol;
declare const multipleOf: unique symbol;
declare const integer: unique symbol;
declare const minLength: unique symbol;
declare const maxLength: unique symbol;
declare const pattern: unique symbol;
declare const format: unique symbol;
declare const minItems: unique symbol;
declare const maxItems: unique symbol;
declare const uniqueItems: unique symbol;

/** A number of at least `N`. @example `number & Min<0>` */
export type Min<N extends number> = { readonly [minimum]?: N };

/** A number of at most `N`. @example `number & Max<1>` */
export type Max<N extends number> = { readonly [maximum]?: N };

/** A number above `N`. */
export type Above<N extends number> = { readonly [exclusiveMinimum]?: N };

/** A number below `N`. */
export type Below<N extends number> = { readonly [exclusiveMaximum]?: N };

/** A number that is a multiple of `N`, which is above 0. */
export type MultipleOf<N extends number> = { readonly [multipleOf]?: N };

/** A whole number. @example `Int & Min<1>` */
export type Int = number & { readonly [integer]?: true };

/** A string of at least `N` characters. */
export type MinLength<N extends number> = { readonly [minLength]?: N };

/** A string of at most `N` characters. */
export type MaxLength<N extends number> = { readonly [maxLength]?: N };

/** A string that matches a regular expression, which must be one that is checked in linear time. */
export type Pattern<P extends string> = { readonly [pattern]?: P };

/** The formats that are checked: https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3 */
export type StringFormat =
  | 'date'
  | 'time'
  | 'date-time'
  | 'iso-time'
  | 'iso-date-time'
  | 'duration'
  | 'uri'
  | 'uri-reference'
  | 'uri-template'
  | 'url'
  | 'email'
  | 'hostname'
  | 'ipv4'
  | 'ipv6'
  | 'regex'
  | 'uuid'
  | 'json-pointer'
  | 'json-pointer-uri-fragment'
  | 'relative-json-pointer'
  | 'byte'
  | 'password'
  | 'binary';

/** A string in a known format. @example `string & Format<'uuid'>` */
export type Format<F extends StringFormat> = { readonly [format]?: F };

/** An array of at least `N` items. @example `string[] & MinItems<1>` */
export type MinItems<N extends number> = { readonly [minItems]?: N };

/** An array of at most `N` items. */
export type MaxItems<N extends number> = { readonly [maxItems]?: N };

/** An array in which no item is found twice. */
export type UniqueItems = { readonly [uniqueItems]?: true };
