import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { RequestHandler } from '../requests/request-handler.ts'

const RUNNING_LIMIT = SERVER_LIMITS.pipelinedRequests.value

/** Requests behind a stream, which a client sends that does not know yet that it is one. */
const IGNORED_LIMIT = RUNNING_LIMIT

/** A request that begins when its turn comes. */
export interface WaitingRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handler: RequestHandler
}

/** The requests of one connection that came before the response to an earlier one had left. */
export class Pipeline {
  readonly #socket: Socket
  /** Of all connections together. */
  readonly #counts: { waiting: number }
  #running = 0
  /** Of those that run, the ones that are over when they have left. */
  readonly #leaving = new Set<ServerResponse>()
  readonly #waiting: WaitingRequest[] = []
  /** While this response is under way, nothing behind it begins. */
  #alone: ServerResponse | undefined
  /** Nothing further is read. */
  #isFull = false
  #isEnded = false
  /** Requests that came behind a stream. */
  #ignored = 0

  constructor(socket: Socket, counts: { waiting: number }) {
    this.#socket = socket
    this.#counts = counts
    // Node resumes a connection whenever a response on it has left.
    socket.on('resume', () => {
      if (this.#isFull) socket.pause()
    })
    socket.once('close', () => this.#close())
  }

  /** More came than a client has reason to send. */
  get isOverfull(): boolean {
    return (
      this.#waiting.length > SERVER_LIMITS.pipelinedWaiting.value || this.#ignored > IGNORED_LIMIT
    )
  }

  /** Nothing that waits, or comes from now on, will begin: a stream has. */
  end(): void {
    this.#isEnded = true
    this.#dropWaiting()
    this.#resume()
  }

  /** Notes the response that the connection belongs to now; it may have had it to itself. */
  follow(head: ServerResponse): void {
    if (this.#leaving.has(head)) return
    this.#begin(head, head.req.method)
    this.#untilLeft(head)
  }

  /** Begins a request, now or when its turn comes. */
  add(waiting: WaitingRequest): void {
    if (this.#isEnded) {
      this.#ignored++
      return
    }
    this.#waiting.push(waiting)
    this.#counts.waiting++
    this.#startNext()
    // What was read already still comes; nothing further is read.
    if (this.#waiting.length < RUNNING_LIMIT) return
    this.#isFull = true
    this.#socket.pause()
  }

  #startNext(): void {
    if (this.#socket.destroyed) return
    while (this.#alone === undefined && this.#running < RUNNING_LIMIT) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#counts.waiting--
      this.#run(next)
    }
    if (this.#waiting.length === 0) this.#resume()
  }

  #resume(): void {
    if (!this.#isFull) return
    this.#isFull = false
    this.#socket.resume()
  }

  #dropWaiting(): void {
    this.#counts.waiting -= this.#waiting.length
    this.#waiting.length = 0
  }

  #run({ request, response, handler }: WaitingRequest): void {
    this.#begin(response, request.method)
    const answered = handler(request, response)
    // Plain heartbeats are most of what is pipelined: a listener for each would cost a tenth of them.
    if (answered === undefined) this.#untilLeft(response)
    else answered.then((isDone) => (isDone ? this.#end(response) : this.#untilLeft(response)))
  }

  #begin(response: ServerResponse, method: string | undefined): void {
    this.#running++
    if (method !== 'POST') this.#alone = response
  }

  #end(response: ServerResponse): void {
    this.#running--
    if (this.#alone === response) this.#alone = undefined
    this.#startNext()
  }

  #untilLeft(response: ServerResponse): void {
    this.#leaving.add(response)
    response.once('close', () => {
      this.#leaving.delete(response)
      this.#end(response)
    })
  }

  /** Before version 24, Node lets only the response in front know that its connection has gone. */
  #close(): void {
    this.#dropWaiting()
    for (const response of this.#leaving) {
      if (response.socket !== null || response.destroyed) continue
      response.destroy()
      response.emit('close')
    }
  }
}
