import { AGENT_ID_PATTERN, LIMITS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { agentIdFor } from '../../src/sidecar/agent-identity.ts'

describe('the id of a run', () => {
  test('differs in two containers with the same host name', () => {
    const place = { hostName: 'vm' }
    expect(agentIdFor('worker', { ...place, random: 'aa' })).toBe('worker-vm-aa')
    expect(agentIdFor('worker', { ...place, random: 'bb' })).toBe('worker-vm-bb')
  })

  test('is that of the pod on Kubernetes, and stays when the container starts again', () => {
    const place = { podName: 'search-7d4b9-x2x4z', hostName: 'x', random: 'aa' }
    expect(agentIdFor('worker', place)).toBe('worker-search-7d4b9-x2x4z')
  })

  test.each(['Zürich & söhne', '', '…', 'x'.repeat(300)])('of the name "%s" is valid', (name) => {
    const id = agentIdFor(name, { hostName: 'my host', random: '12345678' })
    expect(id).toMatch(new RegExp(AGENT_ID_PATTERN))
    expect(id.length).toBeLessThanOrEqual(LIMITS.agentIdCharacters)
    expect(id.endsWith('-12345678')).toBe(true)
  })
})
