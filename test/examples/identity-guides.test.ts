import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { authority } from '../tls/support/authority.ts'
import { Files } from '../tls/support/files.ts'
import { followGuide } from './guide-run.ts'
import { HAS_TERMINAL, TERMINAL } from './guide-terminal.ts'

const SECTION = /^## Try it\n(.*?)^## /ms
/** The commands that issue certificates. */
const OPENSSL_BLOCK = /^certificate\(\) \{.*?(?=^```)/ms
const HAS_OPENSSL = /^OpenSSL 3/.test(
  spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout,
)

/** Follows a section of a guide with a registry on a free port. */
async function follow(name: string, change = (section: string) => section): Promise<void> {
  const guide = readFileSync(new URL(`../../docs/guides/${name}`, import.meta.url), 'utf8')
  const [, section = ''] = SECTION.exec(guide) ?? []
  const port = String(await freePort())
  const env = { ROLLCALL_PORT: port, REGISTRY_URL: `http://localhost:${port}` }
  const options = { folder: 'security-guide', env, stepTimeoutMs: 45_000 }
  await followGuide(change(section.replaceAll('9000', port)), options)
}

/** Writes the certificates that the guide issues with openssl. */
function writeCertificates(files: Files): string {
  const ca = authority('ca')
  const url = (value: string) => ({ names: [{ type: 'url', value }] as const })
  const issued = {
    server: ca.issue(),
    crawler: ca.issue(url('spiffe://prod.example/ns/team-a/sa/crawler')),
    stranger: ca.issue(url('spiffe://test.example/ns/team-a/sa/crawler')),
  }
  files.write('ca.pem', ca.cert)
  for (const [name, { cert, key }] of Object.entries(issued)) {
    files.write(`${name}.pem`, cert)
    files.write(`${name}-key.pem`, key)
  }
  return files.path('*.pem')
}

describe.runIf(HAS_TERMINAL)(`in ${TERMINAL}`, () => {
  test('JSON Web Tokens of a cluster are accepted as the guide says', async () => {
    await follow('security-jwt.md')
  })

  const issuers = [...(HAS_OPENSSL ? ['openssl'] : []), 'an authority of the test']
  test.each(issuers)('certificates of %s are accepted as the guide says', async (issuer) => {
    using files = new Files()
    const certificates = writeCertificates(files)
    await follow('security-tls.md', (section) =>
      issuer === 'openssl' ? section : section.replace(OPENSSL_BLOCK, `cp ${certificates} .\n`),
    )
  })
})
