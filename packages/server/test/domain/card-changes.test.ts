// What a batch writes of cards: only what changes, so that no registration costs more because of them.
import { expect, test } from 'vitest'
import { toRegisterIntent } from '../../src/domain/register-intent.ts'
import { beatTime, leaseTime } from '../../src/domain/time-scales.ts'
import { TransitionBatch } from '../../src/domain/transition-batch.ts'
import { summarizeCard } from '../../src/storage/card-summary.ts'
import { registration } from '../storage/sample-registration.ts'

const CARD = summarizeCard({ text: '{"name":"A"}', format: 'other' })
const OTHER = summarizeCard({ text: '{"name":"B"}', format: 'other' })

const batch = () =>
  new TransitionBatch({
    find: () => undefined,
    revision: 0,
    times: {
      now: () => leaseTime(1000),
      toBeat: () => beatTime(1000),
      beatToWall: () => 1000,
      deadlineToWall: () => 1000,
    },
  })
const { agentId } = registration()
const register = (card?: typeof CARD | null) => toRegisterIntent(registration(), { card })
const setCard = (card: typeof CARD | null) =>
  ({ event: 'setCard', agentId, card, condition: {} }) as const
const deregister = { event: 'deregister', agentId, condition: {} } as const

/** Returns what each change writes of the card. */
function written(...intents: Parameters<TransitionBatch['add']>[0][]) {
  const planned = batch()
  for (const intent of intents) planned.add(intent)
  return planned.changes.map(({ card }) => card)
}

test('a card is written when it comes, changes and goes', () => {
  expect(written(register(CARD), register(OTHER), register(null))).toEqual([
    CARD.text,
    OTHER.text,
    null,
  ])
  expect(written(register(), setCard(CARD), setCard(null))).toEqual([undefined, CARD.text, null])
})

test('a registration without a card, or with the same, writes none', () => {
  expect(written(register(), register())).toEqual([undefined, undefined])
  expect(written(register(CARD), register(), register(CARD))).toEqual([
    CARD.text,
    undefined,
    undefined,
  ])
})

test('a registration that changes something else does not write the same card again', () => {
  const moved = toRegisterIntent(registration({ port: 8001 }), { card: CARD })
  expect(written(register(CARD), moved)).toEqual([CARD.text, undefined])
})

test('a card goes with its agent; an agent without one leaves nothing to remove', () => {
  expect(written(register(CARD), deregister)).toEqual([CARD.text, null])
  expect(written(register(), deregister)).toEqual([undefined, undefined])
})

test('setting the same card again changes nothing, not even the lease', () => {
  expect(written(register(CARD), setCard(CARD))).toEqual([CARD.text])
})
