// JSON Schema (2020-12) with the TypeScript type of what it accepts. At run time a schema is plain
// JSON, made for validators and documents; the type is only seen by the compiler. A library for
// this (TypeBox) weighs a dozen times what the client that uses it does, and 85 ms at start.

declare const accepts: unique symbol
const isOptional: unique symbol = Symbol('optional')

/** A JSON Schema for values of a type. */
export interface Schema<T = unknown> {
  readonly [accepts]: T
  readonly description?: string
}

/** The type that a schema accepts. */
export type Static<S extends Schema> = S[typeof accepts]

/** Keywords that say something about a value of any type. */
interface Annotations<T> {
  readonly description?: string
  readonly default?: T
  readonly examples?: readonly T[]
  readonly readOnly?: boolean
}

/** A pattern, and the error for a text that does not match it: words that begin with "must". */
type PatternKeywords =
  | { readonly pattern: string; readonly patternErrorMessage: string }
  | { readonly pattern?: never; readonly patternErrorMessage?: never }

type TextKeywords = Annotations<string> &
  PatternKeywords & {
    readonly minLength?: number
    readonly maxLength?: number
    readonly format?: string
  }

interface NumberKeywords extends Annotations<number> {
  readonly minimum?: number
  readonly maximum?: number
}

export type TextSchema = Schema<string> & TextKeywords & { readonly type: 'string' }

export interface NumberSchema extends Schema<number>, NumberKeywords {
  readonly type: 'number' | 'integer'
}

export interface BooleanSchema extends Schema<boolean> {
  readonly type: 'boolean'
}

export interface ListSchema<T = unknown> extends Schema<T[]> {
  readonly type: 'array'
  readonly items: Schema<T>
}

/** A property that may be missing. */
export interface OptionalProperty<S extends Schema = Schema> {
  readonly schema: S
  readonly [isOptional]: true
}

export type Properties = Readonly<Record<string, Schema | OptionalProperty>>

type SchemaOf<P> = P extends OptionalProperty<infer S> ? S : P
type OptionalKeys<P> = { [K in keyof P]: P[K] extends OptionalProperty ? K : never }[keyof P]
type Flat<T> = { [K in keyof T]: T[K] }
type ObjectOf<P extends Properties> = Flat<
  { [K in Exclude<keyof P, OptionalKeys<P>>]: P[K] extends Schema ? Static<P[K]> : never } & {
    [K in OptionalKeys<P>]?: P[K] extends OptionalProperty<infer S> ? Static<S> : never
  }
>

export interface ObjectSchema<P extends Properties = Properties> extends Schema<ObjectOf<P>> {
  readonly type: 'object'
  readonly properties: { readonly [K in keyof P]: SchemaOf<P[K]> }
  readonly required: readonly string[]
}

/** Any JSON Schema, for values that TypeScript is told the type of. */
export function custom<T>(keywords: object): Schema<T> {
  return keywords as Schema<T>
}

export function text(keywords: TextKeywords = {}): TextSchema {
  return { type: 'string', ...keywords } as TextSchema
}

export function number(keywords: NumberKeywords = {}): NumberSchema {
  return { type: 'number', ...keywords } as NumberSchema
}

export function integer(keywords: NumberKeywords = {}): NumberSchema {
  return { type: 'integer', ...keywords } as NumberSchema
}

export function boolean(keywords: Annotations<boolean> = {}): BooleanSchema {
  return { type: 'boolean', ...keywords } as BooleanSchema
}

export function list<S extends Schema>(
  items: S,
  keywords: Annotations<readonly Static<S>[]> & { readonly maxItems?: number } = {},
): ListSchema<Static<S>> {
  return { type: 'array', items, ...keywords } as unknown as ListSchema<Static<S>>
}

/** One of some texts. */
export function oneOf<const T extends string>(
  values: readonly T[],
  keywords: Annotations<T> = {},
): Schema<T> {
  return { type: 'string', enum: [...values], ...keywords } as unknown as Schema<T>
}

/** Just this value. */
export function constant<const T extends string | boolean>(value: T): Schema<T> {
  return { type: typeof value, const: value } as unknown as Schema<T>
}

/** The same schema, or null: one `type` list reads better in errors than a union does. */
export function nullable<S extends Schema>(schema: S): Schema<Static<S> | null> {
  const { type } = schema as { type?: string }
  return { ...schema, type: [type, 'null'] } as unknown as Schema<Static<S> | null>
}

/** An object whose keys are for others to say. */
export function dictionary<S extends Schema>(
  values: S,
  keywords: { readonly keyPattern?: string; readonly description?: string } = {},
): Schema<Record<string, Static<S>>> {
  const { keyPattern, ...rest } = keywords
  return {
    type: 'object',
    additionalProperties: values,
    ...(keyPattern !== undefined && { propertyNames: { pattern: keyPattern } }),
    ...rest,
  } as unknown as Schema<Record<string, Static<S>>>
}

/** Says that a property may be missing. */
export function optional<S extends Schema>(schema: S): OptionalProperty<S> {
  return { schema, [isOptional]: true }
}

export function object<P extends Properties>(
  properties: P,
  keywords: {
    readonly description?: string
    readonly additionalProperties?: false
    readonly minProperties?: number
    readonly maxProperties?: number
  } = {},
): ObjectSchema<P> {
  const entries = Object.entries(properties)
  const schemas = entries.map(([name, property]) => [
    name,
    isOptional in property ? property.schema : property,
  ])
  const required = entries.flatMap(([name, property]) => (isOptional in property ? [] : [name]))
  return {
    type: 'object',
    required,
    properties: Object.fromEntries(schemas),
    ...keywords,
  } as unknown as ObjectSchema<P>
}
