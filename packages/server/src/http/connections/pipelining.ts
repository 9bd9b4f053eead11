import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { Pipeline } from './pipeline.ts'

/**
 * Bounds what one connection can ask for before it is answered. Heartbeats and other POSTs run side by
 * side, up to a limit; everything else runs alone, so that a thousand lists or streams in one packet
 * are one at a time, and nothing behind a stream ever begins.
 */
export class Pipelining {
  readonly #pipelines = new WeakMap<Socket, Pipeline>()
  readonly #refused: () => void
  readonly #counts = { waiting: 0 }

  /** @param options.refused called for each connection that is closed for asking too much */
  constructor(options: { refused: () => void }) {
    this.#refused = options.refused
  }

  /** The given handler, called when it is the turn of a request. */
  before(handler: RequestHandler): RequestListener {
    return (request, response) => {
      // It has the connection to itself: nothing before it is unanswered.
      if (response.socket !== null) handler(request, response)
      else this.#add(request, response, handler)
    }
  }

  /** Lets nothing more begin on a connection: it carries a stream now, and ends with that. */
  end(socket: Socket): void {
    this.#pipelineOf(socket).end()
  }

  #add(request: IncomingMessage, response: ServerResponse, handler: RequestHandler): void {
    const { socket } = request
    // The rest of what was read before it was closed.
    if (socket.destroyed) return
    const pipeline = this.#pipelineOf(socket)
    // Where Node itself keeps the response that the connection belongs to.
    const head: unknown = Reflect.get(socket, '_httpMessage')
    if (head instanceof ServerResponse) pipeline.follow(head)
    pipeline.add({ request, response, handler })
    const isTooMuch = this.#counts.waiting > SERVER_LIMITS.pipelinedWaitingInAll.value
    if (!pipeline.isOverfull && !isTooMuch) return
    this.#refused()
    socket.destroy()
  }

  #pipelineOf(socket: Socket): Pipeline {
    const pipeline = this.#pipelines.get(socket) ?? new Pipeline(socket, this.#counts)
    this.#pipelines.set(socket, pipeline)
    return pipeline
  }
}
