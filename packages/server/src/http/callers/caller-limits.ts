import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { RequestAdmission } from '../access/request-admission.ts'
import type { EarlyRefusals } from '../requests/early-refusals.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { RateLimiter } from './rate-limiter.ts'

/** Bytes of a batch of heartbeats that count as one heartbeat, because they take as long. */
const BATCH_BYTES_PER_HEARTBEAT = 4096
/** What a batch counts as whose length is not known. */
const UNKNOWN_BATCH_WEIGHT = 64
// Only of the path: a query that looks like one would give any request the higher rate of heartbeats.
const BATCH_PATH = /^[^?#]*\/agents\/heartbeats(?:[?#]|$)/
const HEARTBEAT_PATH = /^[^?#]*\/heartbeat(?:[?#]|$)/
/** A registry must not be restarted because another client of the same address sends too much. */
const PROBE_PATH = /^\/health\/(?:live|ready)$/

/** The limits of one caller: a token, or an address without one. */
export interface CallerLimitOptions {
  /** Requests of one caller per second, other than heartbeats; default 1000, 0: any number. */
  readonly rateLimit?: number | undefined
  /** Heartbeats of one caller per second; default 10 000, 0: any number. */
  readonly heartbeatRateLimit?: number | undefined
  /**
   * Agents that one principal owns, expired ones included; default 0: as many as there may be. Holds also while only
   * this machine reaches the registry.
   */
  readonly maxAgentsPerCaller?: number | undefined
  /** Open streams of one caller; default 1000. */
  readonly maxStreamsPerCaller?: number | undefined
  /** Whether callers are limited also while only this machine reaches the registry; default false. */
  readonly limitLocal?: boolean | undefined
}

/**
 * Limits how many requests one caller sends: a token, or an address without one. Heartbeats are counted apart, so that
 * whoever reads too much does not lose its agents.
 */
export class CallerLimits {
  readonly #requests: RateLimiter | undefined
  readonly #heartbeats: RateLimiter | undefined
  readonly #isInForce: () => boolean
  readonly #admission: RequestAdmission
  readonly #refusals: EarlyRefusals
  readonly #metrics: RegistryMetrics
  readonly #log: LimitLog

  constructor(
    options: CallerLimitOptions,
    parts: {
      /** Whether the limits are in force now. */
      isInForce: () => boolean
      admission: RequestAdmission
      refusals: EarlyRefusals
      metrics: RegistryMetrics
      logger: FastifyBaseLogger
    },
  ) {
    const { rateLimit, heartbeatRateLimit } = SERVER_LIMITS
    this.#requests = limiterOf(options.rateLimit ?? rateLimit.value)
    this.#heartbeats = limiterOf(options.heartbeatRateLimit ?? heartbeatRateLimit.value)
    this.#isInForce = parts.isInForce
    this.#admission = parts.admission
    this.#refusals = parts.refusals
    this.#metrics = parts.metrics
    this.#log = new LimitLog({ logger: parts.logger, subject: 'serving every request' })
  }

  /** Wraps a handler, which receives the requests within the limits. */
  wrap(handler: RequestHandler): RequestHandler {
    return (request, response) => {
      const waitMs = this.#isInForce() ? this.#count(request) : 0
      if (waitMs === 0) return handler(request, response)
      const { name, limit } = this.#describe(request)
      this.#metrics.countRateLimited(limit)
      this.#log.reached(`${name} sends more than --${limit}`)
      const detail = `${name} sends more than the registry allows one caller (--${limit}).`
      const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
      const refusal = { code: 'RATE_LIMITED', detail, retryAfterSeconds } as const
      this.#refusals.refuse(request, response, { refusal, handler })
      return undefined
    }
  }

  /** Returns for how many milliseconds the caller has to wait. */
  #count(request: IncomingMessage): number {
    const url = request.url ?? ''
    const isHeartbeat = isHeartbeatTo(request, url)
    const limiter = isHeartbeat ? this.#heartbeats : this.#requests
    if (limiter === undefined || PROBE_PATH.test(url)) return 0
    const weight = isHeartbeat && BATCH_PATH.test(url) ? batchWeight(request) : 1
    return limiter.take(this.#admission.callerOf(request), weight, performance.now())
  }

  #describe(request: IncomingMessage): { name: string; limit: string } {
    const isHeartbeat = isHeartbeatTo(request, request.url ?? '')
    return {
      name: this.#admission.callerOf(request),
      limit: isHeartbeat ? 'heartbeat-rate-limit' : 'rate-limit',
    }
  }
}

function limiterOf(perSecond: number): RateLimiter | undefined {
  return perSecond > 0 ? new RateLimiter({ perSecond }) : undefined
}

function isHeartbeatTo({ method }: IncomingMessage, url: string): boolean {
  return method === 'POST' && (HEARTBEAT_PATH.test(url) || BATCH_PATH.test(url))
}

function batchWeight({ headers }: IncomingMessage): number {
  const bytes = Number(headers['content-length'])
  if (Number.isNaN(bytes)) return UNKNOWN_BATCH_WEIGHT
  // An empty batch costs a request as well.
  return Math.max(1, Math.ceil(bytes / BATCH_BYTES_PER_HEARTBEAT))
}
