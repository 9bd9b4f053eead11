import { describe, expect, test } from 'vitest'
import {
  hostFlaw,
  isLocalHost,
  isLocalUrl,
  urlFlaw,
  urlOf,
} from '../../src/domain/agent-address.ts'

describe('a host', () => {
  test.each([
    ['10.0.0.7', 'http://10.0.0.7:8000'],
    ['::1', 'http://[::1]:8000'],
    ['[::1]', 'http://[::1]:8000'],
    ['2001:DB8:0:0::7', 'http://[2001:db8::7]:8000'],
    ['::ffff:10.0.0.7', 'http://[::ffff:a00:7]:8000'],
    ['agent', 'http://agent:8000'],
    ['my_agent', 'http://my_agent:8000'],
    ['researcher-0.researchers.default.svc.cluster.local.', undefined],
    ['Agent.Example', 'http://Agent.Example:8000'],
    ['7agents.example', 'http://7agents.example:8000'],
    ['bücher.example', 'http://xn--bcher-kva.example:8000'],
    ['BÜCHER.example', 'http://xn--bcher-kva.example:8000'],
    ['xn--bcher-kva.example', 'http://xn--bcher-kva.example:8000'],
    ['日本語.jp', 'http://xn--wgv71a119e.jp:8000'],
    ['h'.repeat(256), undefined],
  ])('%s is callable', (host, url = `http://${host}:8000`) => {
    expect(hostFlaw(host)).toBeUndefined()
    expect(urlOf(host, 8000)).toBe(url)
    expect(new URL(url).port).toBe('8000')
  })

  test.each([
    ...['10.0.0.9:7000', 'agent:7000', '[::1', '::1]', '[]', '[agent]', 'http:host', 'http://host'],
    ...['%', 'a%41', 'fe80::1%eth0', '[fe80::1%25eth0]', '', ' ', 'a b', ' a', 'a\n', 'a\tb'],
    ...['<b>', '{{host}}', '$HOST', '*', 'a,b', 'a@b', 'a/b', 'a?', 'a#', 'a\\b', 'a|b'],
    ...['999.999.1.1', '1.2.3', '1.2.3.4.5', '127.1', '0x7f.1', '010.0.0.1', '2130706433'],
    ...['10.0.0.7.', '10.0.0.256', 'agent.7', '1::2::3', '[v1.a]', '12345::', '.', 'a..b', '.a'],
    ...[
      'xn--bcher-kv@',
      'a\u00adb',
      '\u200b',
      'bü\u00adcher.example',
      'a。b',
      '１２７.0.0.1',
      'ａgent',
    ],
  ])('%j is not', (host) => {
    expect(hostFlaw(host)).toMatch(/./)
  })
})

describe('a URL', () => {
  test.each([
    'http://10.0.0.7:8000',
    'https://agents.example/a2a?x=http://y:0/#%zz',
    'HTTPS://Agents.Example:443',
    'http://user:pass@my_agent:8000/',
    'http://[::1]:8000',
    'http://bücher.example/ü',
    'grpc://agent:50051',
    'wss://agent/socket',
    'nats://10.0.0.7:4222/subject',
    'unix:///run/agent.sock',
    'urn://agent',
  ])('%s is callable', (url) => {
    expect(urlFlaw(url)).toBeUndefined()
  })

  test.each([
    ...[
      'https://x:99999',
      'http://[',
      'http://',
      'http:///a',
      'http://:80',
      'http://a:0',
      'http://a:b',
    ],
    ...['agent:8000', '//agent', '', 'http:agent', 'http://a b', 'http://a\tb', 'http://a/\n'],
    ...['http://{{host}}/', 'grpc://$HOST:1', 'http://999.1.1.1', 'http://a%41/', 'http://127.1/'],
    ...[
      'http://[fe80::1%25eth0]/',
      'http://::1/',
      'http://user@/',
      'grpc://a:99999',
      'http://<b>/',
    ],
  ])('%j is not', (url) => {
    expect(urlFlaw(url)).toMatch(/./)
  })
})

test.each([
  ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::', '[::]'],
  ...['::ffff:127.0.0.1', '::ffff:0.0.0.0', 'localhost', 'LocalHost.', 'agent.localhost'],
])('%s refers to the local machine', (host) => {
  expect(hostFlaw(host)).toBeUndefined()
  expect(isLocalHost(host)).toBe(true)
  expect(isLocalUrl(urlOf(host, 8000))).toBe(true)
  expect(isLocalUrl(`${urlOf(host, 8000).replace('//', '//me@')}/path`)).toBe(true)
})

test.each([
  '10.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  'local',
  'mylocalhost',
  'localhost.example',
  '128.0.0.1',
])('%s refers to one specific machine', (host) => {
  expect(isLocalHost(host)).toBe(false)
  expect(isLocalUrl(urlOf(host, 8000))).toBe(false)
})
