import { readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { followGuide } from './guide-run.ts'
import { HAS_TERMINAL } from './guide-terminal.ts'

const GUIDE = new URL('../../docs/guides/webhooks.md', import.meta.url)
const TITLE = HAS_TERMINAL
  ? 'the guide to webhooks'
  : 'the guide to webhooks (NOT RUN: it needs script(1))'

describe.runIf(HAS_TERMINAL)(TITLE, () => {
  test('works from beginning to end, and prints what it says', { timeout: 180_000 }, async () => {
    const [port, receiver] = [String(await freePort()), String(await freePort())]
    const guide = readFileSync(GUIDE, 'utf8').replaceAll('9000', port).replaceAll('9100', receiver)
    const env = { ROLLCALL_PORT: port, REGISTRY_URL: `http://localhost:${port}` }
    await followGuide(guide, { folder: 'webhooks-guide', env, stepTimeoutMs: 45_000 })
  })
})
