// Large bodies that all arrive at once are read a few chunks at a time, so that an iteration ("round") of
// the event loop stays short.
import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { IncomingBodies } from '../../src/http/bodies/incoming-bodies.ts'

const CHUNK = Buffer.alloc(64 * 1024, ' ')
const CHUNKS_PER_BODY = 16
const BODIES = 20

test('only a few chunks of large bodies are read per round', async () => {
  const bodies = new IncomingBodies({ logger: {} as FastifyBaseLogger })
  let read = 0
  const arrived: number[] = []
  const requests = Array.from({ length: BODIES }, () => {
    let left = CHUNKS_PER_BODY
    const raw = Object.assign(
      new Readable({
        highWaterMark: CHUNK.length,
        read() {
          read++
          this.push(left-- > 0 ? CHUNK : null)
        },
      }),
      { headers: { 'content-length': String(CHUNK.length * CHUNKS_PER_BODY) } },
    )
    const request = { raw, routeOptions: { bodyLimit: CHUNK.length * CHUNKS_PER_BODY } }
    return new Promise<void>((resolve) => {
      bodies.read(request as unknown as FastifyRequest, (error, bytes) => {
        expect(error).toBeNull()
        arrived.push(bytes.length)
        resolve()
      })
    })
  })
  const all = Promise.all(requests)
  // The first chunk of each body, and the next one, which is buffered in the stream.
  await new Promise(setImmediate)
  expect(read).toBeLessThanOrEqual(BODIES * 3)
  const before = read
  await new Promise(setImmediate)
  expect(read - before).toBeLessThanOrEqual(8)
  expect(read).toBeLessThan(BODIES * CHUNKS_PER_BODY)
  await all
  expect(arrived).toEqual(Array.from({ length: BODIES }, () => CHUNK.length * CHUNKS_PER_BODY))
})
