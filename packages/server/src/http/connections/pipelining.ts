import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { Pipeline } from './pipeline.ts'
import { RequestWaits } from './request-waits.ts'
import { TurnShare } from './turn-share.ts'

/**
 * Limits the pipelined requests of one connection. Heartbeats and other POSTs run concurrently, up to a
 * limit; everything else runs alone, so that a thousand lists or streams in one packet run one at a
 * time, and no request after a stream is ever started.
 */
export class Pipelining {
  /** How long requests have waited, other than pipelined ones. */
  readonly waits = new RequestWaits()
  readonly #pipelines = new WeakMap<Socket, Pipeline>()
  readonly #rejected: () => void
  readonly #counts = { waiting: 0 }
  readonly #turns = new TurnShare()

  /** @param options.rejected called for each connection that is closed because of too many requests */
  constructor(options: { rejected: () => void }) {
    this.#rejected = options.rejected
  }

  /** Wraps a handler, which is called when a request may start. */
  wrap(handler: RequestHandler): RequestListener {
    return (request, response) => {
      // It owns the connection: no earlier request is in flight.
      const isSingle = response.socket !== null
      if (isSingle && this.#turns.takeSingle()) void handler(request, response)
      else this.#add(request, response, isSingle ? this.#timed(handler) : handler)
    }
  }

  /** Wraps a handler and measures how long the request waits for it. */
  #timed(handler: RequestHandler): RequestHandler {
    const arrivedAt = performance.now()
    return (request, response) => {
      this.waits.add(performance.now() - arrivedAt)
      return handler(request, response)
    }
  }

  /** Starts no more requests on a connection: it now carries a stream, and closes with it. */
  end(socket: Socket): void {
    this.#pipelineOf(socket).end()
  }

  #add(request: IncomingMessage, response: ServerResponse, handler: RequestHandler): void {
    const { socket } = request
    // Remaining data that was read before the connection was closed.
    if (socket.destroyed) return
    const pipeline = this.#pipelineOf(socket)
    // Node keeps the response that owns the connection here.
    const head: unknown = Reflect.get(socket, '_httpMessage')
    if (head instanceof ServerResponse && head !== response) pipeline.follow(head)
    pipeline.add({ request, response, handler })
    const isOverTotal = this.#counts.waiting > SERVER_LIMITS.pipelinedWaitingInAll.value
    if (!pipeline.isOverLimit && !isOverTotal) return
    this.#rejected()
    socket.destroy()
  }

  #newPipeline(socket: Socket): Pipeline {
    return new Pipeline(socket, { counts: this.#counts, turns: this.#turns })
  }

  #pipelineOf(socket: Socket): Pipeline {
    const pipeline = this.#pipelines.get(socket) ?? this.#newPipeline(socket)
    this.#pipelines.set(socket, pipeline)
    return pipeline
  }
}
