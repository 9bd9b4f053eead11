import * as fc from 'fast-check'
import type { Fetch } from '../../src/transport/call.ts'
import { wireAgent } from './wire-agents.ts'

/** A response from a registry or an intermediary, or a failed request. */
export interface ArbitraryResponse {
  /** Undefined: the request fails without a response. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Edge-case numbers, which must never shorten a delay below its minimum. */
const edgeCaseNumber = fc.oneof(
  fc.constantFrom(0, -1, 0.001, 1e-9, 59, 60, 86_400, 86_401, 2 ** 31, 1e12, 1e308, -0),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const edgeCaseValue = fc.oneof(
  edgeCaseNumber,
  edgeCaseNumber.map(String),
  fc.constantFrom(null, true, '', 'NaN', '60', [], {}, [60], { seconds: 60 }),
  fc.jsonValue(),
)

/** A valid response with some fields invalid or missing. */
const nearlyValid = fc
  .dictionary(
    fc.constantFrom(
      ...Object.keys(wireAgent('a:1')),
      ...['warnings', 'unknown', 'ok', 'status', 'code', 'type'],
    ),
    fc.option(edgeCaseValue, { nil: undefined }),
  )
  .map((invalid) => ({ ...wireAgent('a:1'), unknown: ['a:1'], ...invalid }))

const problem = fc.record({
  code: fc.oneof(
    fc.constantFrom('AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'OVERLOADED'),
    edgeCaseValue,
  ),
  detail: fc.oneof(fc.string(), edgeCaseValue),
})

const body = fc.oneof(
  nearlyValid.map((value) => JSON.stringify(value)),
  problem.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.constantFrom('', '{}', 'null', '[]', '{"status":"ok"}', '<h1>Please sign in</h1>', '{"ttl'),
)

/** A part of an event stream, valid or not. */
const event = fc.oneof(
  fc.constantFrom(': still here\n\n', 'data: {}\n\n', 'data:\n\n', 'id: e:1\n\n', 'data: {"type'),
  fc
    .tuple(
      fc.constantFrom('reset', 'synced', 'snapshot', 'updated', 'closing', 'other'),
      nearlyValid,
    )
    .map(([type, agent]) => `id: e:1\ndata: ${JSON.stringify({ ...agent, type, agent })}\n\n`),
  body.map((text) => `data: ${text.replaceAll('\n', '')}\n\n`),
)

const status = fc.oneof(
  { weight: 6, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constantFrom(404, 422, 429, 500, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
)
const headers = fc.oneof(
  fc.constant({}),
  fc
    .oneof(edgeCaseNumber.map(String), fc.constantFrom('soon', '', 'Wed, 21 Oct 2026 07:28:00 GMT'))
    .map((text) => ({ 'retry-after': text })),
)

export const arbitraryResponse: fc.Arbitrary<ArbitraryResponse> = fc.record({
  status: fc.option(status, { nil: undefined, freq: 12 }),
  headers,
  text: body,
})

export const arbitraryStream: fc.Arbitrary<ArbitraryResponse> = fc.record({
  status: fc.option(status, { nil: undefined, freq: 12 }),
  headers,
  text: fc.array(event, { maxLength: 5 }).map((events) => events.join('')),
})

/** A network that returns these responses in a cycle, and counts requests. */
export class FakeNetwork {
  /** Number of requests so far. */
  requests = 0
  readonly #responses: readonly ArbitraryResponse[]

  constructor(responses: readonly ArbitraryResponse[]) {
    this.#responses = responses
  }

  /** Whether every response has been returned at least once. */
  get isExhausted(): boolean {
    return this.requests >= this.#responses.length
  }

  readonly fetch: Fetch = async () => {
    const { status, headers, text } = this.#responses[
      this.requests++ % this.#responses.length
    ] as ArbitraryResponse
    if (status === undefined) throw new TypeError('fetch failed')
    // A Response with these statuses must not have a body.
    const isEmpty = [204, 205, 304].includes(status)
    return new Response(isEmpty ? null : text, { status, headers })
  }
}
