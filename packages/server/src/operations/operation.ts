import type { ErrorCode, Scope } from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import type { OpenParameter } from './operation-parameters.ts'

/** The name of an operation, as in the OpenAPI document. */
export type OperationId =
  | 'registerAgent'
  | 'heartbeat'
  | 'heartbeats'
  | 'cleanUp'
  | 'getAgent'
  | 'deregisterAgent'
  | 'getCard'
  | 'getWellKnownCard'
  | 'verifyCard'
  | 'setCard'
  | 'removeCard'
  | 'listAgents'
  | 'listEvents'
  | 'agentEvents'
  | 'listCapabilities'
  | 'prometheusTargets'
  | 'mcp'
  | 'mcpServerCard'
  | 'ardManifest'
  | 'aiCatalog'
  | 'ardSearch'
  | 'ardEntries'
  | 'ardEntry'
  | 'mcpServers'
  | 'mcpServerVersions'
  | 'mcpServerVersion'
  | 'agentServerCard'
  | 'describeRegistry'
  | 'health'
  | 'healthLive'
  | 'healthReady'
  | 'metrics'
  | 'openApiDocument'
  | 'setMaintenance'
  | 'listMaintenance'
  | 'endMaintenance'
  | 'createToken'
  | 'listTokens'
  | 'revokeToken'
  | 'whoami'
  | 'createWebhook'
  | 'listWebhooks'
  | 'getWebhook'
  | 'changeWebhook'
  | 'deleteWebhook'
  | 'testWebhook'

/** One operation of the HTTP API, from which its route and its OpenAPI description are derived. */
export interface Operation {
  /** The HTTP method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The path in OpenAPI notation: `/agents/{agent_id}`. */
  readonly path: string
  /** The section of the documentation. */
  readonly tag:
    | 'agents'
    | 'discovery'
    | 'catalogs'
    | 'registry'
    | 'maintenance'
    | 'tokens'
    | 'webhooks'
  /**
   * What a caller needs; `none`: anybody may call it. With `agent`, also that its patterns cover the agent in the
   * path or the body.
   */
  readonly scope: Scope | 'none'
  /**
   * What a response tells about agents that its request does not name. `agents`: some of them, and each caller gets
   * only those that it sees. `totals`: something about all of them, so it is for callers that see all. `nothing`:
   * not even whether they exist.
   */
  readonly shows: 'agents' | 'totals' | 'nothing'
  /** Whether callers without a token get it as far as `--public-discovery` says, even if they may read nothing else. */
  readonly mayBePublic?: boolean
  /** The title in the documentation. */
  readonly summary: string
  /** Details in Markdown. */
  readonly description?: string
  /** The path parameters. */
  readonly params?: Readonly<Record<string, Schema>>
  /** The query parameters by name; all are optional. */
  readonly query?: Readonly<Record<string, Schema>>
  /** Additional query parameters with arbitrary names. */
  readonly openQuery?: OpenParameter
  /** The request headers that the operation evaluates. */
  readonly requestHeaders?: Readonly<Record<string, Schema>>
  /** The headers of a successful response, in addition to `ETag`. */
  readonly responseHeaders?: Readonly<Record<string, Schema>>
  /** The request body; absent if there is none. */
  readonly body?: {
    readonly schema: Schema
    readonly required: boolean
    readonly maxBytes: number
  }
  /** The successful response, always with status 200. A `string` is a media type without a schema. */
  readonly response: Schema | string
  /** The media type of a response with a schema; default `application/json`. */
  readonly mediaType?: string
  /** Describes the successful response if the client accepts `text/event-stream`. */
  readonly stream?: string
  /** The successful response if the client accepts `application/cloudevents-batch+json`. */
  readonly cloudEvents?: Schema
  /** Describes the page that clients get that prefer HTML, as browsers do. */
  readonly page?: string
  /** Whether the response has an `ETag`, and `If-None-Match` can result in 304. */
  readonly conditional?: boolean
  /** What else the protocol that the operation carries responds with, by status. */
  readonly ownResponses?: Readonly<Record<number, OwnResponse>>
  /** The possible errors, in addition to those of every operation. */
  readonly errors: readonly ErrorCode[]
}

/** A response of a protocol that an operation carries. */
export interface OwnResponse {
  /** When it is sent. */
  readonly description: string
  /** The schema and an example of its body; absent: it has none. */
  readonly body?: { readonly schema: Schema; readonly example: unknown }
}

/**
 * Whether pages of other origins are refused: whatever could change something, and streams, which hold
 * a connection.
 */
export function isForOwnPages({ method, stream }: Operation): boolean {
  return method !== 'GET' || stream !== undefined
}
