import { EVENT_TYPES, TRANSITION_TYPES } from '@rollcall/protocol'
import { openApiDocument } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { OpenApiReader } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))

const problems = (schema: string, value: unknown) =>
  reader.problems(`/components/schemas/${schema}`, value)

const synced = { type: 'synced', revision: 0, epoch: 'kSxYb1Qz' }

describe('a stream control event', () => {
  test.each(['synced', 'bookmark', 'reset', 'closing'])('may be %s', (type) => {
    expect(problems('StreamEvent', { ...synced, type })).toEqual([])
    expect(problems('StreamEvent', { ...synced, type, reason: 'why' })).toEqual([])
  })

  test.each([{ ...synced, type: 'snapshot' }, { ...synced, epoch: 1 }, { type: 'synced' }, null])(
    'may not be %j',
    (value) => {
      expect(problems('StreamEvent', value)).not.toEqual([])
    },
  )
})

describe('a load report', () => {
  const report = (...loads: unknown[]) => problems('LoadsEvent', { type: 'loads', loads })

  test('has the load of each agent, or null', () => {
    expect(report()).toEqual([])
    expect(report({ agent_id: 'a', load: 0.5 }, { agent_id: 'b', load: null })).toEqual([])
  })

  test.each([{ agent_id: 'a' }, { agent_id: 'a', load: 1.1 }, { load: 0 }, 'a'])(
    'may not contain %j',
    (load) => {
      expect(report(load)).not.toEqual([])
    },
  )
})

test('event types are the transition types, plus entering and leaving a filter', () => {
  expect(EVENT_TYPES).toEqual([...TRANSITION_TYPES, 'entered', 'left'])
})

describe('since', () => {
  const { pointer = '', parameters = [] } =
    reader.operations.find(({ operationId }) => operationId === 'listEvents') ?? {}
  const at = `${pointer}/parameters/${parameters.findIndex(({ name }) => name === 'since')}/schema`

  test.each(['0', '42', 'kSxYb1Qz:42', 'a-b_c:0', '999999999999999'])('may be %s', (since) => {
    expect(reader.problems(at, since)).toEqual([])
  })

  test.each(['', '-1', '1.5', ':1', 'a:', 'a:b:1', 'é:1', '1 ', 'a:snapshot', '1'.repeat(16)])(
    'may not be %j',
    (since) => {
      expect(reader.problems(at, since)).not.toEqual([])
    },
  )
})
