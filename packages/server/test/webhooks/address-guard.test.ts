// To which addresses events may be sent, by default and with --webhook-networks.
import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { isNetwork } from '../../src/config/networks.ts'
import { AddressGuard } from '../../src/webhooks/address-guard.ts'
import { webhookUrlFlaw } from '../../src/webhooks/webhook-url.ts'

const REFUSED = [
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '192.0.0.192'],
  ...['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1'],
  ...['240.0.0.1', '255.255.255.255', '192.88.99.1'],
  ...[
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    '2002:7f00:1::',
  ],
  ...[
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
  ],
  ...['::ffff:0:127.0.0.1', '2001::1', '3fff::1', '5f00::1', '100::1', 'fec0::1'],
]
const ALLOWED = [
  ...['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.0.1', '223.255.255.255'],
  ...['2606:4700::1111', '2a00:1450:4001::1', '::ffff:8.8.8.8', '2001:4860:4860::8888'],
]

describe('by default', () => {
  const guard = new AddressGuard()
  test.each(REFUSED)('%s is refused', (address) => expect(guard.allows(address)).toBe(false))
  test.each(ALLOWED)('%s is allowed', (address) => expect(guard.allows(address)).toBe(true))
  test.each(['', 'localhost', '1.1.1', '::g', '1.1.1.1/8'])('"%s" is no address', (text) =>
    expect(guard.allows(text)).toBe(false),
  )
})

test('networks that are named are allowed, in every notation, and no others', () => {
  const guard = new AddressGuard(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32', '::1'])
  for (const address of ['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd00:1::5', '::1']) {
    expect(guard.allows(address), address).toBe(true)
  }
  for (const address of ['10.2.0.1', '127.0.0.2', '::ffff:10.2.0.1', 'fd00:2::5', '::2']) {
    expect(guard.allows(address), address).toBe(false)
  }
})

const LITERALS = [
  ...['http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f.0.0.1/'],
  ...['http://0177.0.0.1/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[fe80::1]/'],
  ...[
    'https://169.254.169.254/latest',
    'http://0/',
    'http://10.0.0.1:8080/x',
    'http://127.0.0.1./',
  ],
]
test.each(LITERALS)('the URL %s is refused when a webhook is created', (url) => {
  expect(webhookUrlFlaw(url, new AddressGuard())).toContain('--webhook-networks')
})

const INVALID = [
  ...[
    '',
    'hooks.example',
    '/hook',
    'ftp://hooks.example',
    'file:///etc/passwd',
    'http://',
    'http:',
  ],
  ...['javascript:alert(1)', 'https://user@hooks.example', 'https://:secret@hooks.example'],
  ...['https://hooks.example/#part', 'http://[::1', 'http://a b/', 'gopher://hooks.example'],
]
test.each(INVALID)('"%s" cannot be the URL of a webhook', (url) => {
  expect(webhookUrlFlaw(url, new AddressGuard(['0.0.0.0/0', '::/0']))).toMatch(/^must be /)
})

test.each(['http://hooks.example', 'https://hooks.example:8443/a/b?c=d', 'https://1.1.1.1/'])(
  '%s can be one',
  (url) => expect(webhookUrlFlaw(url, new AddressGuard())).toBeUndefined(),
)

test('networks are addresses, or addresses and prefixes', () => {
  for (const text of ['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0']) {
    expect(isNetwork(text), text).toBe(true)
  }
  for (const text of ['10.0.0.0/33', 'fd00::/129', 'localhost', '10.0.0', '10.0.0.0/', '']) {
    expect(isNetwork(text), text).toBe(false)
  }
  expect(() => new AgentRegistryServer('memory:', { webhookNetworks: ['localhost'] })).toThrow(
    TypeError,
  )
})
