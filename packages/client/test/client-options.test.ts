import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AgentOptions } from '../src/options/client-options.ts'
import { resolveAgent, resolveRegistryUrl } from '../src/options/resolve-options.ts'

afterEach(() => vi.unstubAllEnvs())

const agent = (more: Partial<AgentOptions> = {}): AgentOptions => ({
  agentId: 'researcher-1',
  agentName: 'Researcher',
  ...more,
})

describe('the address of the registry', () => {
  test('defaults to http://localhost:9000', () => {
    vi.stubEnv('REGISTRY_URL', undefined)
    expect(resolveRegistryUrl(undefined)).toBe('http://localhost:9000')
  })

  test('comes from REGISTRY_URL, unless the option is set', () => {
    vi.stubEnv('REGISTRY_URL', 'https://registry.example/')
    expect(resolveRegistryUrl(undefined)).toBe('https://registry.example')
    expect(resolveRegistryUrl('http://10.0.0.1:9000')).toBe('http://10.0.0.1:9000')
  })

  test('an empty REGISTRY_URL is ignored', () => {
    vi.stubEnv('REGISTRY_URL', '')
    expect(resolveRegistryUrl(undefined)).toBe('http://localhost:9000')
  })

  test('loses trailing slashes and keeps its path', () => {
    expect(resolveRegistryUrl('http://host:1/')).toBe('http://host:1')
    expect(resolveRegistryUrl('http://host:1/registry//')).toBe('http://host:1/registry')
  })

  test.for(['', 'localhost:9000', 'ftp://host', 'http://', 'http:///x', 'http://a b', '/agents'])(
    '"%s" is rejected, and the error quotes it',
    (url) => {
      expect(() => resolveRegistryUrl(url)).toThrow(TypeError)
      expect(() => resolveRegistryUrl(url)).toThrow('registryUrl is "')
    },
  )
})

describe('the address of the agent', () => {
  test('is determined later, and the port defaults to 8000', () => {
    vi.stubEnv('AGENT_HOST', undefined)
    vi.stubEnv('POD_IP', undefined)
    vi.stubEnv('AGENT_PORT', undefined)
    expect(resolveAgent(agent())).toMatchObject({ host: undefined, port: 8000 })
  })

  test('is that of the pod on Kubernetes, unless AGENT_HOST is set', () => {
    vi.stubEnv('AGENT_HOST', undefined)
    vi.stubEnv('POD_IP', '10.1.2.3')
    expect(resolveAgent(agent())).toMatchObject({ host: '10.1.2.3' })
    vi.stubEnv('AGENT_HOST', 'agents.example')
    expect(resolveAgent(agent())).toMatchObject({ host: 'agents.example' })
  })

  test('comes from AGENT_HOST and AGENT_PORT, unless the options are set', () => {
    vi.stubEnv('AGENT_HOST', 'agents.example')
    vi.stubEnv('AGENT_PORT', '8123')
    expect(resolveAgent(agent())).toMatchObject({ host: 'agents.example', port: 8123 })
    const resolved = resolveAgent(agent({ host: '10.0.0.7', port: 81 }))
    expect(resolved).toMatchObject({ host: '10.0.0.7', port: 81 })
  })

  test.for(['eight', '80.5', '8000x'])(
    'AGENT_PORT "%s" is rejected, and the error names it',
    (port) => {
      vi.stubEnv('AGENT_PORT', port)
      expect(() => resolveAgent(agent())).toThrow(`AGENT_PORT is "${port}"`)
    },
  )
})

describe('the instance', () => {
  test('is that of the option, or none if it is null', () => {
    expect(resolveAgent(agent({ instanceId: 'run-1' })).instanceId).toBe('run-1')
    expect(resolveAgent(agent({ instanceId: null })).instanceId).toBeUndefined()
  })

  test('comes from AGENT_INSTANCE_ID, which is read once', async () => {
    vi.resetModules()
    vi.stubEnv('AGENT_INSTANCE_ID', 'run-7')
    const { resolveAgent: resolve } = await import('../src/options/resolve-options.ts')
    expect(resolve(agent()).instanceId).toBe('run-7')
    vi.stubEnv('AGENT_INSTANCE_ID', 'run-8')
    expect(resolve(agent()).instanceId).toBe('run-7')
  })

  test('AGENT_INSTANCE_ID with a space is rejected, and the error names it', async () => {
    vi.resetModules()
    vi.stubEnv('AGENT_INSTANCE_ID', 'run 7')
    const { resolveAgent: resolve } = await import('../src/options/resolve-options.ts')
    expect(() => resolve(agent())).toThrow('AGENT_INSTANCE_ID is "run 7"; it must be up to 128')
  })

  test.for(['', 'a b', 'ä', 'x'.repeat(129)])('may not be "%s"', (instanceId) => {
    expect(() => resolveAgent(agent({ instanceId }))).toThrow(`instanceId is "${instanceId}"`)
  })
})

describe('the heartbeat interval', () => {
  test('is left to the registry by default', () => {
    expect(resolveAgent(agent())).toMatchObject({
      ttlSeconds: 60,
      heartbeatIntervalSeconds: undefined,
    })
  })

  test.for([60, 61, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d s is rejected: it is not less than a TTL of 60 s',
    (seconds) => {
      const options = agent({ heartbeatIntervalSeconds: seconds })
      expect(() => resolveAgent(options)).toThrow(RangeError)
      expect(() => resolveAgent(options)).toThrow('not less than the TTL of 60 s')
    },
  )

  test('is compared with the given TTL, not with the default', () => {
    const options = agent({ ttlSeconds: 5, heartbeatIntervalSeconds: 20 })
    expect(() => resolveAgent(options)).toThrow('not less than the TTL of 5 s')
    expect(resolveAgent(agent({ ttlSeconds: 120, heartbeatIntervalSeconds: 90 }))).toMatchObject({
      heartbeatIntervalSeconds: 90,
    })
  })

  test.for([0, -1])('of %d s is rejected: heartbeats would have no delay', (seconds) => {
    expect(() => resolveAgent(agent({ heartbeatIntervalSeconds: seconds }))).toThrow(RangeError)
  })
})

describe('an agent id', () => {
  test.for(['a', 'researcher-1', 'team:eu:researcher_1.b', '0'])('may be "%s"', (agentId) => {
    expect(resolveAgent(agent({ agentId })).agentId).toBe(agentId)
  })

  test.for(['', ' ', 'a b', 'a/b', 'a:', ':a', 'ä', 'a\n', '../x'])(
    'may not be "%s"',
    (agentId) => {
      expect(() => resolveAgent(agent({ agentId }))).toThrow(`agentId is "${agentId}"`)
    },
  )
})

test('an empty name is rejected', () => {
  expect(() => resolveAgent(agent({ agentName: '' }))).toThrow('agentName is empty')
})

test.for([Number.NaN, Number.POSITIVE_INFINITY])(
  'metadata with %d is rejected, because JSON would turn it into null',
  (value) => {
    const options = agent({ metadata: { gpu: { share: value } } })
    expect(() => resolveAgent(options)).toThrow(`it contains ${value} in "share"`)
  },
)
