// JSON Schema (2020-12) with the TypeScript type of the values it accepts. At run time a schema is
// plain JSON, for validators and documents; only the compiler sees the type. A library for this
// (TypeBox) is a dozen times the size of the client that uses it, and adds 85 ms at startup.

declare const accepts: unique symbol
const isOptional: unique symbol = Symbol('optional')

/** A JSON Schema for values of a type. */
export interface Schema<T = unknown> {
  readonly [accepts]: T
  readonly description?: string
}

/** The type that a schema accepts. */
export type Static<S extends Schema> = S[typeof accepts]

/** Keywords that apply to values of any type. */
interface Annotations<T> {
  readonly description?: string
  readonly default?: T
  readonly examples?: readonly T[]
  readonly readOnly?: boolean
}

/** A pattern, and the error message for a text that does not match; starts with "must". */
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

/** Returns any JSON Schema with an explicitly given TypeScript type. */
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
  keywords: Annotations<readonly Static<S>[]> & {
    readonly minItems?: number
    readonly maxItems?: number
  } = {},
): ListSchema<Static<S>> {
  return { type: 'array', items, ...keywords } as unknown as ListSchema<Static<S>>
}

/** A schema for a fixed set of texts. */
export function oneOf<const T extends string>(
  values: readonly T[],
  keywords: Annotations<T> = {},
): Schema<T> {
  return { type: 'string', enum: [...values], ...keywords } as unknown as Schema<T>
}

/** A schema that accepts only this value. */
export function constant<const T extends string | boolean>(
  value: T,
  keywords: Pick<Annotations<T>, 'description'> = {},
): Schema<T> {
  return { type: typeof value, const: value, ...keywords } as unknown as Schema<T>
}

/** The same schema, or null. A list of types gives clearer errors than a union. */
export function nullable<S extends Schema>(schema: S): Schema<Static<S> | null> {
  const { type } = schema as { type?: string }
  return { ...schema, type: [type, 'null'] } as unknown as Schema<Static<S> | null>
}

/** An object with arbitrary keys. */
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

/** Marks a property as optional. */
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
