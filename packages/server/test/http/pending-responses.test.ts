import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { PendingResponses } from '../../src/http/connections/pending-responses.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'

const HALF = SERVER_LIMITS.responseBytesInAll.value / 2

const newResponse = () => new ServerResponse(new IncomingMessage(new Socket()))

test('a response that is rejected no longer uses memory, even before the error is sent', () => {
  const pending = new PendingResponses({ logger: pino({ level: 'silent' }) })
  const [first, rejected, third] = [newResponse(), newResponse(), newResponse()]
  pending.reserve(first, HALF)
  pending.reserve(rejected, HALF)
  expect(() => pending.reserve(rejected, 1)).toThrow('use all the memory')
  expect(pending.bytes).toBe(HALF)
  pending.reserve(third, HALF)
  expect(() => pending.reserve(newResponse(), 1)).toThrow('use all the memory')
  rejected.emit('close')
  expect(pending.bytes).toBe(2 * HALF)
  for (const response of [first, third]) response.emit('close')
  expect(pending.bytes).toBe(0)
})
