import fc, { type Arbitrary } from 'fast-check'
import type {
  JsonObject,
  OpenApiReader,
} from '../../../packages/server/test/openapi/support/openapi-reader.ts'

/** Ids that many requests share, so that they address existing agents. Case-sensitive. */
const SHARED_IDS = Array.from({ length: 12 }, (_, index) => [
  `fuzz-${index}`,
  `FUZZ-${index}`,
  `team:fuzz-${index}`,
]).flat()
/** Maximum number of elements unless the schema requires more. */
const MAX_ELEMENTS = 4

/** Texts to filter by a pattern; each kind fits some pattern. */
const CANDIDATES: readonly Arbitrary<string>[] = [
  fc.stringMatching(/^[A-Za-z0-9._-]{1,24}$/),
  fc.stringMatching(/^[a-z0-9]{1,6}(:[a-z0-9]{1,6}){1,3}$/),
  fc.webUrl(),
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
]

/**
 * Generates values that a schema of an OpenAPI document allows. Constraints outside of the schema
 * (for example, a text that must be JSON) are unknown to it: some of its values are rejected.
 */
export class SchemaValues {
  readonly #openApi: OpenApiReader
  readonly #idPattern: unknown

  constructor(openApi: OpenApiReader) {
    this.#openApi = openApi
    const parameters = openApi.operations.flatMap((operation) => operation.parameters)
    this.#idPattern = parameters.find(({ name }) => name === 'agent_id')?.schema.pattern
  }

  /** Values that a schema allows. */
  of(given: unknown): Arbitrary<unknown> {
    const schema = this.#openApi.resolve(given as JsonObject)
    if ('const' in schema) return fc.constant(schema.const)
    if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
    const alternatives = schema.anyOf ?? schema.oneOf
    if (Array.isArray(alternatives)) return fc.oneof(...alternatives.map((each) => this.of(each)))
    const { type } = schema
    const types = Array.isArray(type) ? type : [type]
    return fc.oneof(...types.map((each) => this.#ofType(each, schema)))
  }

  #ofType(type: unknown, schema: JsonObject): Arbitrary<unknown> {
    switch (type) {
      case 'null':
        return fc.constant(null)
      case 'boolean':
        return fc.boolean()
      case 'integer':
        return fc.integer({
          min: Number(schema.minimum ?? -1e9),
          max: Number(schema.maximum ?? 1e9),
        })
      case 'number': {
        const [min, max] = [Number(schema.minimum ?? -1e9), Number(schema.maximum ?? 1e9)]
        return fc.double({ min, max, noNaN: true })
      }
      case 'string':
        return this.#text(schema)
      case 'array':
        return this.#list(schema)
      case 'object':
        return this.#object(schema)
      default:
        return fc.jsonValue()
    }
  }

  #text({ pattern, minLength, maxLength }: JsonObject): Arbitrary<string> {
    const [min, max] = [Number(minLength ?? 0), Number(maxLength ?? 300)]
    const allowed = typeof pattern === 'string' ? new RegExp(pattern, 'u') : /^/
    const fits = (text: string) => {
      const { length } = [...text]
      return length >= min && length <= max && allowed.test(text)
    }
    const usual = CANDIDATES.filter((candidate) => halfFits(candidate, fits)).map((candidate) =>
      candidate.filter(fits),
    )
    // For a pattern that no candidate fits, generate from the pattern itself.
    if (usual.length === 0) usual.push(fc.stringMatching(allowed, { size: 'small' }).filter(fits))
    const longest = ['x'.repeat(max), 'http://'.padEnd(max, 'x'), '👾'.repeat(max)].filter(fits)
    const rare = longest.length > 0 ? [fc.constantFrom(...longest)] : []
    if (pattern === this.#idPattern) {
      const shared = fc.constantFrom(...SHARED_IDS)
      return fc.oneof({ weight: 20, arbitrary: shared }, fc.oneof(...usual, ...rare))
    }
    return fc.oneof({ weight: 8, arbitrary: fc.oneof(...usual) }, ...rare)
  }

  #list({ items, minItems, maxItems }: JsonObject): Arbitrary<unknown[]> {
    const item = this.of(items)
    const few = fc.array(item, {
      minLength: Number(minItems ?? 0),
      maxLength: Math.min(MAX_ELEMENTS, Number(maxItems ?? MAX_ELEMENTS)),
    })
    if (typeof maxItems !== 'number') return few
    const full = item.map((each) => Array.from({ length: maxItems }, () => each))
    return fc.oneof({ weight: maxItems > 1000 ? 100 : 10, arbitrary: few }, full)
  }

  #object(schema: JsonObject): Arbitrary<object> {
    const { properties, required = [], minProperties, maxProperties } = schema
    if (properties === undefined) {
      const { propertyNames, additionalProperties } = schema
      const key = propertyNames ? this.#text(propertyNames as JsonObject) : fc.string()
      const value = additionalProperties ? this.of(additionalProperties) : fc.jsonValue()
      return fc.dictionary(key, value, { maxKeys: MAX_ELEMENTS })
    }
    const fields = Object.entries(properties as JsonObject).map(
      ([name, schema]) => [name, this.of(schema)] as const,
    )
    const [min, max] = [Number(minProperties ?? 0), Number(maxProperties ?? fields.length)]
    return fc
      .record(Object.fromEntries(fields), {
        requiredKeys: required as string[],
        noNullPrototype: true,
      })
      .filter((value) => Object.keys(value).length >= min && Object.keys(value).length <= max)
  }
}

/**
 * Whether at least half of the values of an arbitrary fit: filtering fewer would take too many
 * attempts.
 */
function halfFits(candidate: Arbitrary<string>, fits: (text: string) => boolean): boolean {
  const sample = fc.sample(candidate, { numRuns: 40, seed: 1 })
  return sample.filter(fits).length >= sample.length / 2
}
