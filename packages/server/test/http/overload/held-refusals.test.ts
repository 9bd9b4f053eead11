import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HeldRefusals } from '../../../src/http/overload/held-refusals.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'

const HOLD_MS = SERVER_LIMITS.refusalHold.value
const MAX_HELD = SERVER_LIMITS.heldRefusals.value

let held: HeldRefusals
let sent: number[]

beforeEach(() => {
  vi.useFakeTimers()
  held = new HeldRefusals()
  sent = []
})

afterEach(() => {
  vi.useRealTimers()
})

function hold(count: number): void {
  for (let each = 0; each < count; each++) held.hold(() => sent.push(each))
}

test('a refusal is sent after its time, and once', () => {
  hold(1)
  vi.advanceTimersByTime(HOLD_MS - 1)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(1)
  expect(sent).toEqual([0])
  vi.advanceTimersByTime(10 * HOLD_MS)
  expect(sent).toEqual([0])
})

test('of too many refusals the oldest are sent at once, each once', () => {
  hold(MAX_HELD + 2)
  expect(sent).toEqual([0, 1])
  vi.advanceTimersByTime(HOLD_MS)
  expect(sent.length).toBe(MAX_HELD + 2)
})
