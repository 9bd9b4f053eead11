// Large bodies that all come at once are read a few pieces at a time, so that a round of the event loop
// stays short.
import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { IncomingBodies } from '../../src/http/bodies/incoming-bodies.ts'

const PIECE = Buffer.alloc(64 * 1024, ' ')
const PIECES = 16
const CROWD = 20

test('of large bodies, a few pieces are read in a round', async () => {
  const bodies = new IncomingBodies({ logger: {} as FastifyBaseLogger })
  let read = 0
  const arrived: number[] = []
  const crowd = Array.from({ length: CROWD }, () => {
    let left = PIECES
    const raw = Object.assign(
      new Readable({
        highWaterMark: PIECE.length,
        read() {
          read++
          this.push(left-- > 0 ? PIECE : null)
        },
      }),
      { headers: { 'content-length': String(PIECE.length * PIECES) } },
    )
    const request = { raw, routeOptions: { bodyLimit: PIECE.length * PIECES } }
    return new Promise<void>((resolve) => {
      bodies.read(request as unknown as FastifyRequest, (error, bytes) => {
        expect(error).toBeNull()
        arrived.push(bytes.length)
        resolve()
      })
    })
  })
  const all = Promise.all(crowd)
  // The first piece of each, and the one behind it that waits in the stream.
  await new Promise(setImmediate)
  expect(read).toBeLessThanOrEqual(CROWD * 3)
  const before = read
  await new Promise(setImmediate)
  expect(read - before).toBeLessThanOrEqual(8)
  expect(read).toBeLessThan(CROWD * PIECES)
  await all
  expect(arrived).toEqual(Array.from({ length: CROWD }, () => PIECE.length * PIECES))
})
