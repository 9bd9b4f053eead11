import { readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { followGuide } from './guide-run.ts'
import { HAS_TERMINAL } from './guide-terminal.ts'

const GUIDE = new URL('../../docs/guides/backups.md', import.meta.url)

const TITLE = HAS_TERMINAL
  ? 'the guide to backups'
  : 'the guide to backups (NOT RUN: there is no script(1))'

describe.runIf(HAS_TERMINAL)(TITLE, () => {
  test('works from beginning to end, and prints what it says', { timeout: 180_000 }, async () => {
    const port = String(await freePort())
    const guide = readFileSync(GUIDE, 'utf8').replaceAll('9000', port)
    const env = { ROLLCALL_PORT: port, REGISTRY_URL: `http://localhost:${port}` }
    await followGuide(guide, { folder: 'backups-guide', env, stepTimeoutMs: 45_000 })
  })
})
