// Options of the wrong type, as from plain JavaScript: rejected before anything is sent.
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient, DiscoveryClient } from '../src/index.ts'

/** Creates a client with options that the compiler has not checked. */
function clientWith(json: string): AgentRegistryClient {
  return new AgentRegistryClient({ agentId: 'a', agentName: 'A', host: 'h', ...JSON.parse(json) })
}

describe('an agent with a wrong', () => {
  test.each([
    [
      '{"capabilities": "search"}',
      'capabilities is "search"; it must be an array of non-empty strings, such as ["search"]',
    ],
    ['{"capabilities": [1]}', 'capabilities is an array with other elements; it must be an array'],
    ['{"capabilities": {"search": true}}', 'capabilities is an object; it must be an array'],
    ['{"metadata": ["a"]}', 'metadata is an array; it must be an object'],
    ['{"metadata": 5}', 'metadata is 5; it must be an object'],
    ['{"port": "8000"}', 'port is "8000"; it must be a whole number from 1 to 65535'],
    ['{"port": 0}', 'port is 0; it must be a whole number'],
    ['{"ttlSeconds": "60"}', 'ttlSeconds is "60"; it must be a number of seconds above 0'],
    ['{"ttlSeconds": 0}', 'ttlSeconds is 0; it must be'],
    ['{"heartbeatIntervalSeconds": "20"}', 'heartbeatIntervalSeconds is "20"; it must be'],
    ['{"host": 7}', 'host is 7; it must be a non-empty string'],
    ['{"url": {}}', 'url is an object; it must be a non-empty string'],
    ['{"version": 2}', 'version is 2; it must be a non-empty string'],
    ['{"status": "tired"}', 'status is "tired"; it must be ready, busy or draining'],
    ['{"load": "0.5"}', 'load is "0.5"; it must be a number from 0 to 1'],
    ['{"load": 1.5}', 'load is 1.5; it must be a number from 0 to 1'],
    ['{"keepAlive": "yes"}', 'keepAlive is "yes"; it must be true or false'],
    ['{"timeoutMs": "5s"}', 'timeoutMs is "5s"; it must be a number of milliseconds'],
    ['{"timeoutMs": 0}', 'timeoutMs is 0; it must be a number of milliseconds above 0'],
    ['{"joinTimeoutMs": "5s"}', 'joinTimeoutMs is "5s"; it must be'],
    ['{"heartbeatFrom": "worker"}', 'heartbeatFrom is "worker"; it must be timer or none'],
    ['{"registryUrl": 9000}', 'registryUrl is 9000; it must be a non-empty string'],
    ['{"logger": true}', 'logger is true; it must be an object with the methods debug and warn'],
    ['{"signal": {}}', 'signal is an object; it must be an AbortSignal'],
    ['{"fetch": "node-fetch"}', 'fetch is "node-fetch"; it must be a function'],
    ['{"agentId": 5}', 'agentId is "5"; it must be letters, digits and . _ -'],
    ['{"agentName": 5}', 'agentName is number; it must be a string'],
  ])('%s is rejected', (json, message) => {
    expect(() => clientWith(json)).toThrow(TypeError)
    expect(() => clientWith(json)).toThrow(message)
  })

  test('option that is null gets its default', () => {
    const nulls = '{"capabilities": null, "port": null, "ttlSeconds": null, "url": null}'
    expect(clientWith(nulls).ttlSeconds).toBe(60)
  })
})

test('the options of a discovery client are checked as well', () => {
  expect(() => new DiscoveryClient(JSON.parse('{"timeoutMs": "5s"}'))).toThrow('timeoutMs is "5s"')
  expect(() => new DiscoveryClient(JSON.parse('{"registryUrl": {}}'))).toThrow(
    'registryUrl is an object',
  )
})
