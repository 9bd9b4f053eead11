import { LIMITS } from '@rollcall/protocol'
import fc, { type Arbitrary } from 'fast-check'
import type { OpenApiReader } from '../../../packages/server/test/openapi/support/openapi-reader.ts'
import { FuzzClient } from './fuzz-client.ts'
import { describeRequest, type FuzzRequest, hangsUp } from './fuzz-request.ts'
import { hostileRequests } from './hostile-requests.ts'
import { AnswerJudge, NEVER_SYNCED } from './response-checker.ts'

/** Requests that are made in one go. */
const PER_GROUP = 250

export interface FuzzOptions {
  readonly baseUrl: string
  readonly openApi: OpenApiReader
  readonly seed: number
  /** A seed gives requests without end; this one is the first that is sent. */
  readonly from: number
  readonly requests: number
  /** Connections that are kept busy at once. */
  readonly connections: number
}

/** One kind of fault, and the first request that showed it. */
interface Fault {
  readonly what: string
  readonly request: string
  /** What went over the same connection before it: its rest may be what was answered. */
  readonly before: string | undefined
  readonly answer: string
  count: number
}

export interface FuzzReport {
  readonly requests: number
  readonly seconds: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
}

/** Sends hostile requests to a registry, and judges every answer. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { baseUrl, openApi, connections } = options
  const requests = requestsOf(hostileRequests(openApi), options)
  const judge = new AnswerJudge(openApi)
  const statuses: Record<string, number> = {}
  const faults = new Map<string, Fault>()
  const began = performance.now()

  const work = async () => {
    await using client = new FuzzClient(baseUrl)
    for (const request of requests) {
      const { status, fault, answer } = await exchange(client, judge, request)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (fault === undefined) continue
      const known = faults.get(fault)
      if (known) known.count++
      else {
        faults.set(fault, {
          what: fault,
          request: describeRequest(request),
          before: client.before && describeRequest(client.before),
          answer,
          count: 1,
        })
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  const seconds = (performance.now() - began) / 1000
  return { requests: options.requests, seconds, statuses, faults: [...faults.values()] }
}

/** Sends one request and says what is wrong with what came back, if anything is. */
export async function exchange(
  client: FuzzClient,
  judge: AnswerJudge,
  request: FuzzRequest,
): Promise<{ status: string; fault: string | undefined; answer: string }> {
  try {
    const answer = await client.send(request)
    const found = judge.faultOf(request, answer)
    // In HTTP/1.0 nothing else tells a stream that broke off from one that ended.
    const fault = found === NEVER_SYNCED && hangsUp(request) ? undefined : found
    return { status: `${answer.status}`, fault, answer: answer.body.toString('utf8', 0, 600) }
  } catch (error) {
    const { name } = error as Error
    // Who hangs up in the middle of a request may find its refusal in the middle of a stream.
    const expected =
      (name === 'ClosedWithoutAnswer' && mayGoUnanswered(request)) ||
      (name === 'BrokenStream' && hangsUp(request))
    return { status: name, fault: expected ? undefined : name, answer: String(error) }
  }
}

/**
 * Whether a client must live with a connection that is closed without an answer: when it wants a
 * tunnel, which Node refuses so; when it hung up in the middle itself; and when it is still sending
 * a body that was refused on sight, because what arrives at a closed socket takes the answer along.
 */
function mayGoUnanswered(request: FuzzRequest): boolean {
  const isLarge = (request.body?.length ?? 0) > LIMITS.bodyBytes
  return request.method === 'CONNECT' || hangsUp(request) || isLarge
}

/** One after the other to whoever asks, so that all connections share the work. */
function* requestsOf(
  arbitrary: Arbitrary<FuzzRequest>,
  { seed, from, requests }: FuzzOptions,
): Generator<FuzzRequest> {
  for (let sent = 0; sent < requests; sent += PER_GROUP) {
    // Groups of neighbouring seeds must not be the same ones.
    const group = Math.imul(seed, 1_000_003) + (from + sent) / PER_GROUP
    const numRuns = Math.min(PER_GROUP, requests - sent)
    yield* fc.sample(arbitrary, { seed: Math.trunc(group), numRuns })
  }
}
