import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { type Generator, STEPS } from './generator.ts'
import { isInstalled, ProcessFailure, runsIn } from './processes.ts'

/** Agents that exist beforehand, with the other forms of metadata. */
const OTHERS = [
  { agent_id: 'null-1', agent_name: 'Null', host: '10.0.0.8', port: 1, metadata: null },
  { agent_id: 'text-1', agent_name: 'Text', host: '10.0.0.9', port: 1, metadata: '{"a":1}' },
]

/** The outcome for a generator. */
export interface Outcome {
  readonly generator: Generator
  /** Steps of the program that succeeded. */
  readonly done: readonly string[]
  /** Why it was skipped, or what failed; undefined on success. */
  readonly notRun?: string
  readonly failure?: string
}

/** Builds a client and runs a program with it against a fresh registry. */
export async function runTrial(
  generator: Generator,
  { parent, sharedFolder }: { readonly parent: string; readonly sharedFolder: string },
): Promise<Outcome> {
  const missing = generator.needs.find((command) => !isInstalled(command))
  if (missing !== undefined) {
    return { generator, done: [], notRun: `NOT RUN: ${missing} is not installed` }
  }
  const folder = join(parent, generator.name.replaceAll(/[^a-z-]/g, ''))
  await mkdir(folder)
  await using registry = await RegistryProcess.start({ cwd: parent, db: 'memory:' })
  const document = join(parent, 'openapi.json')
  const response = await fetch(`${registry.url}/openapi.json`)
  await writeFile(document, await response.text())
  for (const agent of OTHERS) await registry.http.send('POST', '/agents/register', agent)
  const run = runsIn(folder)
  try {
    const workspace = { folder, sharedFolder, document, url: registry.url, run }
    const [program, ...args] = await generator.build(workspace)
    const printed = await run(program, [...args, registry.url, 'researcher-1'])
    const done = stepsIn(printed)
    const isComplete = done.length === STEPS.length && printed.trimEnd().endsWith('\nok')
    return { generator, done, ...(!isComplete && { failure: `it exited early:\n${printed}` }) }
  } catch (error) {
    const done = error instanceof ProcessFailure ? stepsIn(error.stdout) : []
    return { generator, done, failure: String(error) }
  }
}

function stepsIn(printed: string): string[] {
  const lines = new Set(printed.split('\n').map((line) => line.trim()))
  return STEPS.filter((step) => lines.has(step))
}
