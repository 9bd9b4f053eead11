import { LIMITS } from '@rollcall/protocol'
import {
  custom,
  dictionary,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import type { Operation } from './operation.ts'

const PAGE_TOKEN = text({
  minLength: 1,
  maxLength: LIMITS.cursorCharacters,
  description: 'Where to continue: the `pageToken` of the response before.',
})

/** An agent, or the registry itself, as catalogs of others describe it. */
export const CatalogEntry = custom<Record<string, unknown>>({
  type: 'object',
  required: ['identifier', 'displayName', 'type', 'url'],
  properties: {
    identifier: text({ description: '`urn:air:PUBLISHER:agent:AGENT_ID`, or its own identifier.' }),
    displayName: text({ description: 'The name of the agent.' }),
    type: text({ description: 'The media type of what is at the URL.' }),
    url: text({ description: 'Its card; the record of an agent without one.' }),
    description: text({ description: 'What the agent is for.' }),
    tags: list(text()),
    capabilities: list(text()),
    version: text({ description: 'The version of the agent.' }),
    updatedAt: text({ description: 'When it last changed visibly.' }),
  },
  description:
    'An entry of a catalog. `live:status`, `live:isAlive` and `live:ttlSeconds` are terms of Rollcall.',
})

/** A search of ARD. */
export const ArdSearchRequest = object({
  query: object({
    text: text({
      minLength: 1,
      maxLength: LIMITS.ardTextCharacters,
      pattern: '\\S',
      patternErrorMessage: 'must contain a word',
      description: 'What is looked for: a sentence, or words.',
      examples: ['papers about weather'],
    }),
    filter: optional(
      dictionary(
        custom<unknown>({
          description: 'A value, or several of which an entry must have one.',
        }),
        {
          description:
            'Conditions by field, all of which an entry must meet: `type`, `displayName`, `identifier`, `publisherId`, ' +
            '`version`, `tags`, `capabilities`, `live:status`, `live:isAlive`.',
        },
      ),
    ),
    '@context': optional(
      custom<unknown>({ description: 'The prefixes of fields in the filter: names and IRIs.' }),
    ),
  }),
  federation: optional(
    oneOf(['auto', 'referrals', 'none'], {
      description: 'Accepted, and without effect: no other registry is asked.',
    }),
  ),
  pageSize: optional(
    integer({
      minimum: 1,
      maximum: LIMITS.ardPageSize,
      default: 10,
      description: 'Maximum number of results.',
    }),
  ),
  pageToken: optional(PAGE_TOKEN),
})
/** @interface */
export type ArdSearchRequest = Static<typeof ArdSearchRequest>

/** The results of a search of ARD. */
export const ArdSearchResults = object({
  results: list(CatalogEntry, {
    description: 'Entries with a `score` of 0 to 100, best first, and their `source`.',
  }),
  referrals: optional(list(custom<object>({ type: 'object' }), { description: 'Always empty.' })),
  pageToken: optional(text({ description: 'There are more results. Absent on the last page.' })),
})

/** A page of entries. */
export const ArdEntries = object({
  items: list(CatalogEntry),
  pageToken: optional(text({ description: 'There are more entries. Absent on the last page.' })),
})

/** A manifest, as ARD and AI Catalog read it. */
export const CatalogManifest = object({
  specVersion: text({ description: 'The version of AI Catalog.' }),
  host: object({ displayName: text(), identifier: text() }),
  entries: list(CatalogEntry, {
    description:
      'The registry itself, then agents that are alive; more of them are in the manifest that the last entry names.',
  }),
})

const READ = { method: 'GET', tag: 'catalogs', scope: 'read', shows: 'agents' } as const

const MANIFEST = {
  ...READ,
  mayBePublic: true,
  query: {
    cursor: text({
      minLength: 1,
      maxLength: LIMITS.cursorCharacters,
      description: 'Where to continue: from the URL of the last entry.',
    }),
  },
  response: CatalogManifest,
  conditional: true,
  errors: [
    'INVALID_CURSOR',
    'REVISION_GONE',
    'VALIDATION_FAILED',
    'OVERLOADED',
    'STORAGE_UNAVAILABLE',
  ],
} as const

/** The operations of Agentic Resource Discovery 0.91 and AI Catalog 1.0. */
export const ARD_OPERATIONS = {
  ardManifest: {
    ...MANIFEST,
    path: '/.well-known/ard.json',
    summary: 'Read the manifest of ARD',
    description:
      'What clients of Agentic Resource Discovery read first: the registry itself, and agents that are alive. Without ' +
      'a token, as much of it as `--public-discovery` allows.',
  },
  aiCatalog: {
    ...MANIFEST,
    path: '/.well-known/ai-catalog.json',
    mediaType: 'application/ai-catalog+json',
    summary: 'Read the AI Catalog',
    description: 'The same manifest, where clients of AI Catalog look for it.',
  },
  ardSearch: {
    method: 'POST',
    path: '/ard/search',
    tag: 'catalogs',
    scope: 'read',
    shows: 'agents',
    summary: 'Search agents by ARD',
    description:
      'Ranks live agents by how many words of the text they have, and where. Words are alternatives, unlike those of ' +
      '`q` in a list. Errors have the members `errorCode` and `message` of ARD as well.',
    body: { schema: ArdSearchRequest, required: true, maxBytes: LIMITS.ardRequestBytes },
    response: ArdSearchResults,
    errors: [...BODY_ERRORS, 'INVALID_ARGUMENT', 'STORAGE_UNAVAILABLE'],
  },
  ardEntries: {
    ...READ,
    path: '/ard/agents',
    summary: 'List agents by ARD',
    description: 'Lists live agents in the order of their ids.',
    query: {
      filter: text({
        minLength: 1,
        maxLength: LIMITS.ardTextCharacters,
        description:
          "Conditions: `field = 'value'`, or several values separated by commas; more conditions after `AND`. Fields: `displayName`, " +
          '`type`, `publisherId`, `createdAfter`, `updatedAfter`.',
        examples: ["type = 'application/a2a-agent-card+json'"],
      }),
      orderBy: oneOf(['identifier', 'createdAt', 'createdAt desc'], {
        default: 'identifier',
        description: 'The order.',
      }),
      pageSize: integer({
        minimum: 1,
        maximum: LIMITS.ardPageSize,
        default: 20,
        description: 'Maximum number of entries.',
      }),
      pageToken: PAGE_TOKEN,
    },
    response: ArdEntries,
    errors: ['INVALID_ARGUMENT', 'REVISION_GONE', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
  ardEntry: {
    ...READ,
    path: '/ard/agents/{identifier}',
    summary: 'Read one entry by ARD, dead or alive',
    params: {
      identifier: text({
        description: 'The identifier of the entry, escaped once. Case-sensitive.',
        examples: ['urn:air:example.com:agent:researcher-1'],
      }),
    },
    response: CatalogEntry,
    conditional: true,
    errors: ['INVALID_ARGUMENT', 'ENTRY_NOT_FOUND', 'OVERLOADED', 'STORAGE_UNAVAILABLE'],
  },
} as const satisfies Readonly<Record<string, Operation>>
