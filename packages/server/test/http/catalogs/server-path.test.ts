import { expect, test } from 'vitest'
import { withEscapedServerName } from '../../../src/http/catalogs/mcp-registry/server-path.ts'

const NAME = '/v0.1/servers/com.example%2Ftides'

test.each([
  ['/v0.1/servers/com.example/tides/versions', `${NAME}/versions`],
  ['/v0.1/servers/com.example/tides/versions/1.0.0', `${NAME}/versions/1.0.0`],
  ['/v0.1/servers/com.example/tides/versions/latest?a=/b', `${NAME}/versions/latest?a=/b`],
])('the slash in a name is escaped: %s', (url, expected) => {
  expect(withEscapedServerName(url)).toBe(expected)
})

test.each([
  `${NAME}/versions/latest`,
  '/v0.1/servers',
  '/v0.1/servers?cursor=/a/versions',
  '/v0.1/servers/tides/versions',
  '/v0.1/servers/a/b/c/versions',
  '/v0.1/servers/a/b/versionsx',
  '/agents/v0.1/servers/a/b/versions',
])('anything else stays as it is: %s', (url) => {
  expect(withEscapedServerName(url)).toBe(url)
})
