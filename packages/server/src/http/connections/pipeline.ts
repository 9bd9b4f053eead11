import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import type { TurnShare, WaitingConnection } from './turn-share.ts'

const RUNNING_LIMIT = SERVER_LIMITS.pipelinedRequests.value

/** Requests tolerated after a stream, from a client that does not know yet that it is one. */
const IGNORED_LIMIT = RUNNING_LIMIT

/** A request that waits to be started. */
export interface WaitingRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handler: RequestHandler
}

/** The pipelined requests of one connection: they arrived before an earlier response was sent. */
export class Pipeline implements WaitingConnection {
  readonly #socket: Socket
  /** Shared by all connections, as the turns are. */
  readonly #counts: { waiting: number }
  readonly #turns: TurnShare
  #running = 0
  /** Running requests that end when their response closes. */
  readonly #open = new Set<ServerResponse>()
  readonly #waiting: WaitingRequest[] = []
  /** While this response is in flight, no later request is started. */
  #exclusive: ServerResponse | undefined
  /** Whether reading from the connection is paused. */
  #isPaused = false
  #isEnded = false
  /** Requests that arrived after a stream. */
  #ignored = 0

  constructor(socket: Socket, shared: { counts: { waiting: number }; turns: TurnShare }) {
    this.#socket = socket
    this.#counts = shared.counts
    this.#turns = shared.turns
    // Node resumes a connection whenever a response on it was sent.
    socket.on('resume', () => {
      if (this.#isPaused) socket.pause()
    })
    socket.once('close', () => this.#close())
  }

  /** Whether more requests arrived than a client has reason to send. */
  get isOverLimit(): boolean {
    return (
      this.#waiting.length > SERVER_LIMITS.pipelinedWaiting.value || this.#ignored > IGNORED_LIMIT
    )
  }

  /** Discards all waiting and future requests, because a stream has begun. */
  end(): void {
    this.#isEnded = true
    this.#dropWaiting()
    this.#resume()
  }

  /** Records the response that currently owns the connection, which may have begun before. */
  follow(head: ServerResponse): void {
    if (this.#open.has(head)) return
    this.#begin(head, head.req.method)
    this.#untilClosed(head)
  }

  /** Starts a request, now or when earlier ones permit. */
  add(waiting: WaitingRequest): void {
    if (this.#isEnded) {
      this.#ignored++
      return
    }
    this.#waiting.push(waiting)
    this.#counts.waiting++
    this.startWaiting()
    // Data that was already read still arrives; nothing further is read.
    if (this.#waiting.length < RUNNING_LIMIT) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** Starts as many waiting requests as may start now. */
  startWaiting(): void {
    if (this.#socket.destroyed) return
    while (this.#mayStart) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#counts.waiting--
      this.#run(next)
    }
    if (this.#waiting.length === 0) this.#resume()
  }

  get #mayStart(): boolean {
    const isFree = this.#exclusive === undefined && this.#running < RUNNING_LIMIT
    return isFree && this.#waiting.length > 0 && this.#turns.take(this)
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  #dropWaiting(): void {
    this.#counts.waiting -= this.#waiting.length
    this.#waiting.length = 0
  }

  #run({ request, response, handler }: WaitingRequest): void {
    this.#begin(response, request.method)
    const handled = handler(request, response)
    // Most pipelined requests are plain heartbeats: a listener for each would take a tenth of their time.
    if (handled === undefined) this.#untilClosed(response)
    else void handled.then((isDone) => (isDone ? this.#end(response) : this.#untilClosed(response)))
  }

  #begin(response: ServerResponse, method: string | undefined): void {
    this.#running++
    if (method !== 'POST') this.#exclusive = response
  }

  #end(response: ServerResponse): void {
    this.#running--
    if (this.#exclusive === response) this.#exclusive = undefined
    this.startWaiting()
  }

  #untilClosed(response: ServerResponse): void {
    this.#open.add(response)
    response.once('close', () => {
      this.#open.delete(response)
      this.#end(response)
    })
  }

  /** Before version 24, Node notifies only the first response when its connection closes. */
  #close(): void {
    this.#dropWaiting()
    for (const response of this.#open) {
      if (response.socket !== null || response.destroyed) continue
      response.destroy()
      response.emit('close')
    }
  }
}
