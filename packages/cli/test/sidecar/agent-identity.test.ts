import { AGENT_ID_PATTERN, LIMITS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { generateAgentId } from '../../src/sidecar/agent-identity.ts'

describe('the generated agent id', () => {
  test('differs between containers with the same host name', () => {
    const place = { hostName: 'vm' }
    expect(generateAgentId('worker', { ...place, random: 'aa' })).toBe('worker-vm-aa')
    expect(generateAgentId('worker', { ...place, random: 'bb' })).toBe('worker-vm-bb')
  })

  test('uses the pod name on Kubernetes, and is stable across container restarts', () => {
    const place = { podName: 'search-7d4b9-x2x4z', hostName: 'x', random: 'aa' }
    expect(generateAgentId('worker', place)).toBe('worker-search-7d4b9-x2x4z')
  })

  test.each(['Zürich & söhne', '', '…', 'x'.repeat(300)])('for the name "%s" is valid', (name) => {
    const id = generateAgentId(name, { hostName: 'my host', random: '12345678' })
    expect(id).toMatch(new RegExp(AGENT_ID_PATTERN))
    expect(id.length).toBeLessThanOrEqual(LIMITS.agentIdCharacters)
    expect(id.endsWith('-12345678')).toBe(true)
  })
})
