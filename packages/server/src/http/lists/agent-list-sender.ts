import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import { JSON_TYPE } from '../agents/agent-json.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** Maximum bytes of a list that is buffered and sent with its length. */
const BUFFERED_LIST_BYTES = 4 * 1024 * 1024
/** Characters between two checks of the clock, 0.1 ms of work. */
const STEP_CHARACTERS = 16 * 1024

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** Sends agents as JSON arrays. */
export class AgentListSender {
  readonly #toJson: (agent: AgentRecord) => string
  readonly #pendingResponses: PendingResponses
  /** The text of each page object: a page that the store returns again has not changed. */
  readonly #pageTexts = new WeakMap<readonly AgentRecord[], Buffer>()

  constructor(toJson: (agent: AgentRecord) => string, pendingResponses: PendingResponses) {
    this.#toJson = toJson
    this.#pendingResponses = pendingResponses
  }

  /**
   * Sends a list. A small list is sent in one write; a large one is streamed as fast as the client reads
   * it, without ever being completely in memory.
   *
   * @param query is released when the response begins
   */
  async send(
    reply: FastifyReply,
    pages: AsyncIterable<readonly AgentRecord[]>,
    query: AdmittedQuery,
  ): Promise<void> {
    const { raw } = reply
    const closed = this.#pendingResponses.track(raw)
    const texts = this.#texts(pages, query.work)
    const buffered: Buffer[] = [OPEN]
    let bytes = OPEN.length + CLOSE.length
    for (;;) {
      const { value: text, done } = await texts.next()
      if (done) break
      this.#pendingResponses.reserve(raw, text.length)
      if (buffered.length > 1) {
        buffered.push(COMMA)
        bytes += COMMA.length
      }
      buffered.push(text)
      bytes += text.length
      if (bytes > BUFFERED_LIST_BYTES) {
        query.release()
        reply
          .type(JSON_TYPE)
          .send(Readable.from(concatenated(buffered, texts), { objectMode: false }))
        return closed
      }
    }
    buffered.push(CLOSE)
    query.release()
    const headers = reply.getHeaders()
    reply.hijack()
    raw.writeHead(200, { ...headers, 'content-type': JSON_TYPE, 'content-length': bytes } as Record<
      string,
      string | number
    >)
    // Corked, the parts are sent in one vectored write, without being copied into one buffer.
    raw.cork()
    if (raw.req.method !== 'HEAD') for (const part of buffered) raw.write(part)
    raw.uncork()
    raw.end()
    return closed
  }

  /** Yields the text of each page, without separators: each further value costs 1 % of a short query. */
  async *#texts(
    pages: AsyncIterable<readonly AgentRecord[]>,
    work: SlicedWork,
  ): AsyncGenerator<Buffer, void> {
    for await (const page of pages) {
      yield this.#pageTexts.get(page) ?? this.#textOf(page, work)
      if (work.isOver) await work.next()
    }
  }

  async #textOf(page: readonly AgentRecord[], work: SlicedWork): Promise<Buffer> {
    const texts: string[] = []
    while (this.#addTexts(page, texts) < page.length) if (work.isOver) await work.next()
    // Joined once: appending to a growing string took four times as long to convert to bytes.
    const text = Buffer.from(texts.join(','))
    this.#pageTexts.set(page, text)
    return text
  }

  /** Adds the texts of some more agents. Returns the new number of texts. */
  #addTexts(page: readonly AgentRecord[], texts: string[]): number {
    let characters = 0
    while (texts.length < page.length && characters < STEP_CHARACTERS) {
      const text = this.#toJson(page[texts.length] as AgentRecord)
      texts.push(text)
      characters += text.length
    }
    return texts.length
  }
}

async function* concatenated(
  buffered: readonly Buffer[],
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  yield* buffered
  for await (const text of rest) {
    yield COMMA
    yield text
  }
  yield CLOSE
}
