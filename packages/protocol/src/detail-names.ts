import { type AgentDetails, DETAIL_SCHEMAS, type DetailSchema } from './agent-details.ts'
import { type CamelCase, camelCase } from './camel-case.ts'
import { nullable, type OptionalProperty, optional, type Schema } from './json-schema.ts'

/** The name of a detail on the wire. */
export type DetailWireName = keyof typeof DETAIL_SCHEMAS

/** The name of a detail by which agents can be filtered, on the wire. */
export type FilterName = {
  [Name in DetailWireName]: (typeof DETAIL_SCHEMAS)[Name]['isFilter'] extends true ? Name : never
}[DetailWireName]

/** The details by which agents can be filtered, each with the required value. */
export type DetailFilter = {
  readonly [Name in keyof Pick<AgentDetails, CamelCase<FilterName>>]?: string | undefined
}

/** A detail with both of its names. */
export interface AgentDetail extends DetailSchema {
  /** On the wire: `card_url`. */
  readonly wireName: DetailWireName
  /** In TypeScript: `cardUrl`. */
  readonly name: keyof AgentDetails
}

/** Every detail, in the order in which they are shown. */
export const AGENT_DETAILS: readonly AgentDetail[] = Object.entries(DETAIL_SCHEMAS).map(
  ([wireName, detail]) => ({
    ...detail,
    schema: { ...detail.schema, examples: [detail.example] },
    wireName: wireName as DetailWireName,
    name: camelCase(wireName as DetailWireName),
  }),
)

/** Builds an object with a value for each detail, by its name in TypeScript. */
export function mapDetails<T>(
  value: (detail: AgentDetail) => T,
): Readonly<Record<keyof AgentDetails, T>> {
  return fromDetails((detail) => [detail.name, value(detail)]) as Record<keyof AgentDetails, T>
}

/** Builds an object with a value for each detail by which agents can be filtered. */
export function mapDetailFilters<T>(
  value: (detail: AgentDetail) => T,
): Readonly<Record<keyof DetailFilter, T>> {
  const filters = AGENT_DETAILS.filter(({ isFilter }) => isFilter)
  const entries = filters.map((detail) => [detail.name, value(detail)])
  return Object.fromEntries(entries) as Record<keyof DetailFilter, T>
}

/** The details of an agent that reported none. Typed by the schemas, so that none is missing there. */
export const NO_DETAILS: AgentDetails = Object.freeze(
  mapDetails(() => null) as Readonly<Record<CamelCase<DetailWireName>, null>>,
)

/** The details of an agent in a registration: each may be absent or null. */
export const REGISTERED_DETAILS = fromDetails(({ wireName, schema }) => [
  wireName,
  optional(nullable(schema)),
]) as { readonly [Name in DetailWireName]: OptionalProperty<Schema<string | null>> }

/** The details of an agent that is read: each is absent when not reported. */
export const SHOWN_DETAILS = fromDetails(({ wireName, schema }) => [
  wireName,
  optional(schema),
]) as { readonly [Name in DetailWireName]: OptionalProperty<Schema<string>> }

/** The details of an agent that is read, under their names on the wire. */
export type ShownDetails = { readonly [Name in DetailWireName]?: string }

/** Details under their names on the wire, of which any may be missing. */
export type WireDetails = { readonly [Name in DetailWireName]?: string | null | undefined }

/** Takes the details from an object of the wire; null for those that it lacks. */
export function detailsOf(wire: WireDetails): AgentDetails {
  if (AGENT_DETAILS.every(({ wireName }) => wire[wireName] == null)) return NO_DETAILS
  return mapDetails(({ wireName }) => wire[wireName] ?? null)
}

/** Details of which any may be missing. */
export type GivenDetails = {
  readonly [Name in keyof AgentDetails]?: AgentDetails[Name] | undefined
}

/** Takes the details from an object, under their names on the wire. */
export function wireDetailsOf(given: GivenDetails): {
  readonly [Name in DetailWireName]: string | null | undefined
} {
  const wire = fromDetails(({ name, wireName }) => [wireName, given[name]])
  return wire as { readonly [Name in DetailWireName]: string | null | undefined }
}

function fromDetails(entry: (detail: AgentDetail) => readonly [string, unknown]) {
  return Object.fromEntries(AGENT_DETAILS.map(entry)) as Record<string, unknown>
}
