// Breaks the rules in the tables one after the other, in copies of the SDKs, and expects the case of each to fail:
// a suite that passes says little as long as nobody has seen it fail. `node run.ts [SDK] [word of a case]`.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DISCOVERY_RULES } from './discovery-rules.ts'
import { HEARTBEAT_RULES } from './heartbeat-rules.ts'
import { REGISTRATION_RULES } from './registration-rules.ts'
import type { Break, Rule } from './rule.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CLIENT = join(ROOT, 'packages/client')
const PYTHON = join(ROOT, 'packages/python/src/rollcall_client')
/** A broken SDK may wait for what never comes; the cases take a few seconds. */
const TIMEOUT_MS = 20_000
/** A sample of the rules of the contract. */
const RULES = [...REGISTRATION_RULES, ...HEARTBEAT_RULES, ...DISCOVERY_RULES]

/** An SDK, and where its copy and its driver find each other. */
interface CopiedSdk {
  readonly name: string
  readonly breakOf: (rule: Rule) => Break
  /** Copies the SDK to the folder of the drivers. Returns the folder of its sources. */
  readonly copy: (folder: string) => string
}

const SDKS: readonly CopiedSdk[] = [
  {
    name: 'TypeScript',
    breakOf: (rule) => rule.typescript,
    copy: (folder) => {
      const scope = join(folder, 'node_modules/@rollcall')
      mkdirSync(scope, { recursive: true })
      for (const name of ['package.json', 'src'])
        cpSync(join(CLIENT, name), join(folder, 'client', name), { recursive: true })
      // Node runs TypeScript only outside of `node_modules`, and looks where links point to.
      symlinkSync(join(folder, 'client'), join(scope, 'client'))
      symlinkSync(join(ROOT, 'packages/protocol'), join(scope, 'protocol'))
      return join(folder, 'client/src')
    },
  },
  {
    name: 'Python',
    breakOf: (rule) => rule.python,
    copy: (folder) => {
      // Python looks beside the program first.
      cpSync(PYTHON, join(folder, 'rollcall_client'), { recursive: true })
      return join(folder, 'rollcall_client')
    },
  },
]

/** @throws Error if the place to break is not there exactly once */
function breakRule(folder: string, [file, text, replacement]: Break): void {
  const path = join(folder, file)
  const parts = readFileSync(path, 'utf8').split(text)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${text}`)
  writeFileSync(path, parts.join(replacement))
}

const quoted = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Runs the cases of some rules of one topic. Returns how many tests have failed, and how many have passed. */
function runCases(
  drivers: string,
  sdk: string,
  rules: readonly Rule[],
): { failed: number; passed: number } {
  const topic = rules[0]?.topic ?? ''
  const cases = rules.map((rule) => quoted(rule.case)).join('|')
  const report = join(drivers, 'report.json')
  const args = ['run', '--project', 'once']
  args.push(`test/sdk-conformance/${topic.split(' ').at(-1)}.test.ts`)
  args.push('--testNamePattern', `^${topic}: ${sdk}.* (${cases})$`)
  args.push('--testTimeout', String(TIMEOUT_MS), '--reporter', 'json', '--outputFile', report)
  spawnSync(join(ROOT, 'node_modules/.bin/vitest'), args, {
    cwd: ROOT,
    env: { ...process.env, ROLLCALL_SDK_DRIVERS: drivers },
  })
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'))
  return { failed: numFailedTests, passed: numPassedTests }
}

/** Runs cases on a copy of an SDK, with a rule broken if one is given. */
function runOnCopy(sdk: CopiedSdk, rules: readonly Rule[], broken?: Rule) {
  const folder = mkdtempSync(join(tmpdir(), 'broken-rule-'))
  try {
    cpSync(join(ROOT, 'test/sdk-conformance/drivers'), folder, { recursive: true })
    const sources = sdk.copy(folder)
    if (broken) breakRule(sources, sdk.breakOf(broken))
    return runCases(folder, sdk.name, rules)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [only, word = ''] = process.argv.slice(2)
if (!process.env.ROLLCALL_PYTHON && only !== 'TypeScript') {
  console.error('set ROLLCALL_PYTHON to an interpreter with httpx, or name TypeScript')
  process.exit(2)
}
let unexpected = 0
const expect = (isExpected: boolean, outcome: string, otherwise: string): void => {
  if (!isExpected) unexpected++
  console.log(isExpected ? outcome : otherwise)
}
const topics = Map.groupBy(
  RULES.filter((it) => it.case.includes(word)),
  ({ topic }) => topic,
)
for (const sdk of SDKS.filter(({ name }) => only === undefined || name === only)) {
  for (const [topic, rules] of topics) {
    // A copy that does not run would fail all cases.
    const intact = runOnCopy(sdk, rules)
    const isIntact = intact.failed === 0 && intact.passed >= rules.length
    expect(isIntact, `passed: ${sdk.name}, ${topic}`, `FAILED INTACT: ${sdk.name}, ${topic}`)
    for (const rule of rules) {
      const { failed, passed } = runOnCopy(sdk, [rule], rule)
      const name = `${sdk.name}, ${rule.case}`
      expect(failed > 0 && passed === 0, `failed as it must: ${name}`, `SURVIVED: ${name}`)
    }
  }
}
console.log(unexpected === 0 ? 'every broken rule was noticed' : `${unexpected} were unexpected`)
process.exit(unexpected === 0 ? 0 : 1)
