import type { CardFormat, CardWarning, ProblemPointer } from '@rollcall/protocol'
import { custom, type Schema } from '@rollcall/protocol/json-schema'
import { Validator } from '../requests/validation.ts'

// Our own rules for A2A agent cards, after `a2a.proto` of 1.0 and the JSON Schema of 0.3: the SDK checks nothing, and
// the schema generated for 1.0 refuses cards that its clients read. Other members are allowed, and kept.

/** The kinds of A2A cards. */
export type A2aFormat = Extract<CardFormat, `a2a-${string}`>
type Members = Readonly<Record<string, Schema>>

/** Builds an object that must have some members, and whose others have a type if they are there. */
type BuildObject = (required: Members, others?: Members) => Schema

const TEXT = custom({ type: 'string' })
const GIVEN_TEXT = custom({ type: 'string', minLength: 1 })
const FLAG = custom({ type: 'boolean' })
const OBJECT = custom({ type: 'object' })
const listOf = (items: Schema, minItems = 0) => custom({ type: 'array', items, minItems })
const TEXTS = listOf(TEXT)

/** What no client can read otherwise: names and addresses are required, and members have their types. */
const readable: BuildObject = (required, others = {}) =>
  custom({ type: 'object', properties: { ...required, ...others } })

/** What the specification requires. */
const complete: BuildObject = (required, others = {}) => {
  const names = Object.keys(required)
  return custom({ type: 'object', required: names, properties: { ...required, ...others } })
}

/** Skills, the provider, capabilities and signatures: the same in both versions. */
function commonMembers(build: BuildObject) {
  const extension = build({ uri: TEXT }, { description: TEXT, required: FLAG, params: OBJECT })
  const flags = { streaming: FLAG, pushNotifications: FLAG }
  const skill = build(
    { id: GIVEN_TEXT, name: TEXT, description: TEXT, tags: TEXTS },
    { examples: TEXTS, inputModes: TEXTS, outputModes: TEXTS },
  )
  return {
    required: {
      description: TEXT,
      version: TEXT,
      capabilities: build({}, { ...flags, extensions: listOf(extension) }),
      defaultInputModes: TEXTS,
      defaultOutputModes: TEXTS,
      skills: listOf(skill),
    },
    others: {
      provider: build({ url: TEXT, organization: TEXT }),
      documentationUrl: TEXT,
      iconUrl: TEXT,
      securitySchemes: custom({ type: 'object', additionalProperties: OBJECT }),
      signatures: listOf(build({ protected: TEXT, signature: TEXT }, { header: OBJECT })),
    },
  }
}

function schemaOf10(build: BuildObject): Schema {
  const { required, others } = commonMembers(build)
  const face = build(
    { protocolBinding: TEXT, protocolVersion: TEXT },
    { url: GIVEN_TEXT, tenant: TEXT },
  )
  const interfaces = listOf({ ...face, ...requiring(face, 'url') }, 1)
  const card = build(required, { ...others, name: GIVEN_TEXT, supportedInterfaces: interfaces })
  return { ...card, ...requiring(card, 'name', 'supportedInterfaces') }
}

function schemaOf03(build: BuildObject): Schema {
  const { required, others } = commonMembers(build)
  const face = build({ url: GIVEN_TEXT, transport: TEXT })
  const old = {
    preferredTransport: TEXT,
    additionalInterfaces: listOf(face),
    supportsAuthenticatedExtendedCard: FLAG,
  }
  const members = { ...others, ...old, name: GIVEN_TEXT, url: GIVEN_TEXT }
  const card = build({ ...required, protocolVersion: TEXT }, members)
  return { ...card, ...requiring(card, 'name', 'url') }
}

/** Without these, no client can use a card. */
function requiring(schema: Schema & { required?: readonly string[] }, ...names: string[]): object {
  return { required: [...(schema.required ?? []), ...names] }
}

function validators(build: BuildObject): Readonly<Record<A2aFormat, Validator<unknown>>> {
  return {
    'a2a-1.0': new Validator(schemaOf10(build)),
    'a2a-0.3': new Validator(schemaOf03(build)),
  }
}

const READABLE = validators(readable)
const COMPLETE = validators(complete)

/** Returns why no client could read a card; empty: clients can. */
export function errorsOfCard(format: A2aFormat, card: unknown): readonly ProblemPointer[] {
  return READABLE[format].errorsOf(card)
}

/** Returns what the specification requires and a readable card lacks. */
export function warningsOfCard(format: A2aFormat, card: unknown): readonly CardWarning[] {
  return COMPLETE[format].errorsOf(card)
}
