// Whom the audit log names for callers with a client certificate.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { authority } from '../../../../test/tls/support/authority.ts'
import { Files } from '../../../../test/tls/support/files.ts'
import { tlsRegistry } from '../../../../test/tls/support/tls-registry.ts'

test('a caller is named by its certificate, unless that is not valid or says nothing', async () => {
  using files = new Files()
  const log = files.write('audit.jsonl', '')
  {
    await using registry = await tlsRegistry({ clientRules: 'reader = read', auditLog: log })
    const named = (commonName: string) => ({
      client: registry.clients.issue({ commonName, names: [] }),
    })
    for (const caller of [
      named('reader'),
      named('stranger'),
      { client: authority('Others').issue() },
      {},
    ]) {
      await registry.send('POST', '/agents/cleanup', caller)
    }
  }
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line)).map(({ who, outcome }) => [who, outcome])).toEqual([
    ['reader (certificate)', 'FORBIDDEN'],
    ['stranger (certificate)', 'FORBIDDEN'],
    [undefined, 'UNAUTHENTICATED'],
    ['anonymous', 'UNAUTHENTICATED'],
  ])
})
