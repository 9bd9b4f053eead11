import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { followGuide } from './guide-run.ts'
import { HAS_TERMINAL } from './guide-terminal.ts'

const GUIDE = new URL('../../docs/guides/security.md', import.meta.url)

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0
const HAS_CURL = spawnSync('curl', ['--version']).status === 0
const CAN_RUN = HAS_TERMINAL && HAS_OPENSSL && HAS_CURL

const TITLE = CAN_RUN
  ? 'the guide to security'
  : 'the guide to security (NOT RUN: it needs script(1), openssl and curl)'

describe.runIf(CAN_RUN)(TITLE, () => {
  test('works from beginning to end, and prints what it says', { timeout: 180_000 }, async () => {
    const [port, proxy] = [String(await freePort()), String(await freePort())]
    const guide = readFileSync(GUIDE, 'utf8').replaceAll('9000', port).replaceAll('9443', proxy)
    const env = { ROLLCALL_PORT: port, REGISTRY_URL: `http://localhost:${port}` }
    await followGuide(guide, { folder: 'security-guide', env, stepTimeoutMs: 45_000 })
  })
})
