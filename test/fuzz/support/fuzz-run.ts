import { LIMITS } from '@rollcall/protocol'
import fc, { type Arbitrary } from 'fast-check'
import type { OpenApiReader } from '../../../packages/server/test/openapi/support/openapi-reader.ts'
import { FuzzClient } from './fuzz-client.ts'
import { describeRequest, disconnectsEarly, type FuzzRequest } from './fuzz-request.ts'
import { hostileRequests } from './hostile-requests.ts'
import { NEVER_SYNCED, ResponseChecker } from './response-checker.ts'

/** Requests generated at a time. */
const BATCH_SIZE = 250

export interface FuzzOptions {
  readonly baseUrl: string
  readonly openApi: OpenApiReader
  /** Identifies an operator to the registry. */
  readonly token: string
  readonly seed: number
  /** Index of the first request to send in the endless sequence of the seed. */
  readonly from: number
  readonly requests: number
  /** Concurrent connections. */
  readonly connections: number
}

/** A kind of fault and the first request that caused it. */
interface Fault {
  readonly what: string
  readonly request: string
  /** The previous request on the same connection: the response may be to its remainder. */
  readonly before: string | undefined
  readonly response: string
  count: number
}

export interface FuzzReport {
  readonly requests: number
  readonly seconds: number
  /** Responses by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
}

/** Sends hostile requests to a registry and checks every response. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { baseUrl, openApi, token, connections } = options
  const requests = requestsOf(hostileRequests(openApi, token), options)
  const checker = new ResponseChecker(openApi)
  const statuses: Record<string, number> = {}
  const faults = new Map<string, Fault>()
  const began = performance.now()

  const work = async () => {
    await using client = new FuzzClient(baseUrl)
    for (const request of requests) {
      const { status, fault, response } = await exchange(client, checker, request)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (fault === undefined) continue
      const known = faults.get(fault)
      if (known) known.count++
      else {
        faults.set(fault, {
          what: fault,
          request: describeRequest(request),
          before: client.before && describeRequest(client.before),
          response,
          count: 1,
        })
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  const seconds = (performance.now() - began) / 1000
  return { requests: options.requests, seconds, statuses, faults: [...faults.values()] }
}

/** Sends one request and describes what is wrong with the response, if anything. */
export async function exchange(
  client: FuzzClient,
  checker: ResponseChecker,
  request: FuzzRequest,
): Promise<{ status: string; fault: string | undefined; response: string }> {
  try {
    const response = await client.send(request)
    const found = checker.faultOf(request, response)
    // In HTTP/1.0 a stream that broke off looks the same as one that ended.
    const fault = found === NEVER_SYNCED && disconnectsEarly(request) ? undefined : found
    return { status: `${response.status}`, fault, response: response.body.toString('utf8', 0, 600) }
  } catch (error) {
    const { name } = error as Error
    // A client that disconnects mid-request may find its rejection in the middle of a stream.
    const expected =
      (name === 'ClosedWithoutResponse' && mayGetNoResponse(request)) ||
      (name === 'BrokenStream' && disconnectsEarly(request))
    return { status: name, fault: expected ? undefined : name, response: String(error) }
  }
}

/**
 * Whether a connection may be closed without a response: when the client requests a tunnel, which
 * Node rejects that way; when it disconnected early itself; and when it is still sending a body
 * that was rejected early, because data that arrives at a closed socket discards the response.
 */
function mayGetNoResponse(request: FuzzRequest): boolean {
  const isLarge = (request.body?.length ?? 0) > LIMITS.bodyBytes
  return request.method === 'CONNECT' || disconnectsEarly(request) || isLarge
}

/** Shares one sequence of requests among all connections. */
function* requestsOf(
  arbitrary: Arbitrary<FuzzRequest>,
  { seed, from, requests }: FuzzOptions,
): Generator<FuzzRequest> {
  for (let sent = 0; sent < requests; sent += BATCH_SIZE) {
    // Neighbouring seeds must not generate the same batches.
    const group = Math.imul(seed, 1_000_003) + (from + sent) / BATCH_SIZE
    const numRuns = Math.min(BATCH_SIZE, requests - sent)
    yield* fc.sample(arbitrary, { seed: Math.trunc(group), numRuns })
  }
}
