import { describe, expect, test } from 'vitest'
import { violationsOf } from './direction-rules.ts'
import { readSourceModule } from './source-module.ts'

/** What the checker says of a module that is made up. */
const check = (path: string, text: string) => violationsOf(readSourceModule(path, text))

describe('the checker lets pass', () => {
  test.each([
    ['server/src/http/a.ts', "import { Agent } from '@rollcall/protocol'"],
    ['server/src/http/a.ts', "import type { Lease } from '../domain/lease.ts'"],
    ['server/src/http/a.ts', "import { createServer } from 'node:http'"],
    ['server/src/http/routes/a.ts', "import { b } from '../b.ts'"],
    ['server/src/index.ts', "export { createApp } from './http/create-app.ts'"],
    ['server/src/domain/a.ts', "import { LIMITS } from '@rollcall/protocol'"],
    ['server/src/config/a.ts', 'const { PORT } = process.env'],
    ['cli/src/a.ts', "import { VERSION } from '@rollcall/server'\nprocess.exit(0)"],
    ['protocol/src/a.ts', "import Type from 'typebox'"],
    ['server/src/domain/a.ts', "// import fs from 'node:fs'"],
    ['server/src/domain/a.ts', "/**\n * import fs from 'node:fs'\n */"],
    ['server/src/domain/a.ts', 'const process = 1\nsubprocess.env\nthis.process.env'],
    ['server/src/domain/a.ts', "const text = 'see // there'\nconst b = 1"],
  ])('%s with %j', (path, text) => {
    expect(check(path, text)).toEqual([])
  })
})

describe('the checker finds', () => {
  test.each([
    ['protocol/src/a.ts', "import { VERSION } from '@rollcall/server'"],
    ['protocol/src/a.ts', "export * from '@rollcall/client'"],
    ['client/src/a.ts', "import { readFile } from 'node:fs/promises'"],
    ['client/src/a.ts', "import { VERSION } from '@rollcall/server'"],
    ['server/src/http/a.ts', "import { x } from '@rollcall/client'"],
    ['server/src/http/a.ts', "import { x } from 'rollcall'"],
    ['server/src/http/a.ts', "import { x } from '../../../protocol/src/agent.ts'"],
    ['server/src/domain/a.ts', "import { x } from '../storage/storage-url.ts'"],
    ['server/src/domain/a.ts', "import type { x } from '../http/etag.ts'"],
    ['server/src/domain/a.ts', "import { x } from '../telemetry/registry-metrics.ts'"],
    ['server/src/domain/a.ts', "import { readFileSync } from 'node:fs'"],
    ['server/src/domain/a.ts', "import { Worker } from 'node:worker_threads'"],
    ['server/src/domain/a.ts', "import net from 'net'"],
    ['server/src/domain/a.ts', "import 'node:http'"],
    ['server/src/domain/a.ts', "import pino from 'pino'"],
    ['server/src/domain/a.ts', "import {\n  one,\n  two,\n} from '../http/etag.ts'"],
    ['server/src/domain/a.ts', "export { x } from '../config/settings.ts'"],
    ['server/src/domain/a.ts', "export * from '../expiry/expiry-loop.ts'"],
    ['server/src/domain/a.ts', "const fs = await import('node:fs')"],
    ['server/src/domain/a.ts', 'const fs = await import(\n  `node:fs`)'],
    ['server/src/domain/a.ts', "const fs = require('fs')"],
    ['server/src/domain/a.ts', "const a = 'x' // y\nimport fs from 'node:fs'"],
    ['server/src/domain/a.ts', "import { VERSION } from '../version.ts'"],
    ['server/src/storage/sqlite/a.ts', "import { x } from '../../http/etag.ts'"],
    ['server/src/storage/a.ts', "import { x } from '../config/settings.ts'"],
    ['server/src/storage/a.ts', "import { x } from '../index.ts'"],
    ['server/src/expiry/a.ts', "import { x } from '../http/etag.ts'"],
    ['server/src/http/a.ts', "import { x } from '../storage/storage-url.ts'"],
    ['server/src/version.ts', "import { x } from './http/etag.ts'"],
    ['server/src/newcomer/a.ts', "import { x } from '../domain/lease.ts'"],
    ['newcomer/src/a.ts', "import { x } from './b.ts'"],
    ['server/src/http/a.ts', 'const { PORT } = process.env'],
    ['server/src/http/a.ts', 'process.exit(1)'],
    ['server/src/http/a.ts', 'globalThis.process?.env.PORT'],
    ['server/src/http/a.ts', "const text = 'of' + process.argv[2]"],
    ['server/src/http/a.ts', "import { env } from 'node:process'"],
    ['protocol/src/a.ts', 'process.env.PORT'],
    ['server/src/storage/sqlite/threads/file-writer.ts', 'process.env.HOME'],
  ])('%s with %j', (path, text) => {
    expect(check(path, text)).toHaveLength(1)
  })
})
