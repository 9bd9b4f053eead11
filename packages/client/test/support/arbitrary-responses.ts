import * as fc from 'fast-check'
import type { Fetch } from '../../src/transport/call.ts'
import { wireAgent } from './wire-agents.ts'

/** What comes back on a request: from a registry, from something on the way, or from nobody. */
export interface AnyAnswer {
  /** Undefined: nobody answers. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Numbers that a pause must survive, wherever they stand. */
const oddNumber = fc.oneof(
  fc.constantFrom(0, -1, 0.001, 1e-9, 59, 60, 86_400, 86_401, 2 ** 31, 1e12, 1e308, -0),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const oddValue = fc.oneof(
  oddNumber,
  oddNumber.map(String),
  fc.constantFrom(null, true, '', 'NaN', '60', [], {}, [60], { seconds: 60 }),
  fc.jsonValue(),
)

/** A good answer to anything, with some of its fields odd or left out. */
const nearlyGood = fc
  .dictionary(
    fc.constantFrom(
      ...Object.keys(wireAgent('a:1')),
      ...['warnings', 'unknown', 'ok', 'status', 'code', 'type'],
    ),
    fc.option(oddValue, { nil: undefined }),
  )
  .map((odd) => ({ ...wireAgent('a:1'), unknown: ['a:1'], ...odd }))

const problem = fc.record({
  code: fc.oneof(fc.constantFrom('AGENT_NOT_FOUND', 'VALIDATION_FAILED', 'OVERLOADED'), oddValue),
  detail: fc.oneof(fc.string(), oddValue),
})

const body = fc.oneof(
  nearlyGood.map((value) => JSON.stringify(value)),
  problem.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.constantFrom('', '{}', 'null', '[]', '{"status":"ok"}', '<h1>Please sign in</h1>', '{"ttl'),
)

/** A part of a stream, good or bad. */
const event = fc.oneof(
  fc.constantFrom(': still here\n\n', 'data: {}\n\n', 'data:\n\n', 'id: e:1\n\n', 'data: {"type'),
  fc
    .tuple(fc.constantFrom('reset', 'synced', 'snapshot', 'updated', 'closing', 'odd'), nearlyGood)
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
    .oneof(oddNumber.map(String), fc.constantFrom('soon', '', 'Wed, 21 Oct 2026 07:28:00 GMT'))
    .map((text) => ({ 'retry-after': text })),
)

export const anyAnswer: fc.Arbitrary<AnyAnswer> = fc.record({
  status: fc.option(status, { nil: undefined, freq: 12 }),
  headers,
  text: body,
})

export const anyStream: fc.Arbitrary<AnyAnswer> = fc.record({
  status: fc.option(status, { nil: undefined, freq: 12 }),
  headers,
  text: fc.array(event, { maxLength: 5 }).map((events) => events.join('')),
})

/** A network that gives these answers in turn, and counts what it was asked. */
export class AnyNetwork {
  /** Requests so far. */
  asked = 0
  readonly #answers: readonly AnyAnswer[]

  constructor(answers: readonly AnyAnswer[]) {
    this.#answers = answers
  }

  /** All answers have been given at least once. */
  get isUsedUp(): boolean {
    return this.asked >= this.#answers.length
  }

  readonly fetch: Fetch = async () => {
    const { status, headers, text } = this.#answers[
      this.asked++ % this.#answers.length
    ] as AnyAnswer
    if (status === undefined) throw new TypeError('fetch failed')
    // With these, a Response must not have a body.
    const isEmpty = [204, 205, 304].includes(status)
    return new Response(isEmpty ? null : text, { status, headers })
  }
}
