import { expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

test('without access control, every caller may do everything', async () => {
  const { status, json } = await registry.get('/whoami')
  expect([status, json]).toEqual([
    200,
    { kind: 'anonymous', name: 'anonymous', scope: 'admin', agents: ['*'], reads: null },
  ])
})
