import { describe, test } from 'vitest'
import { ScriptedRegistry } from './scripted-registry.ts'
import { SdkProcess } from './sdk-process.ts'
import { PYTHON_NOT_RUN, SDKS } from './sdks.ts'

type Options = Readonly<Record<string, unknown>>
type Environment = Readonly<Record<string, string>>

/** What a case works with; everything is disposed after it. */
export interface Stage {
  readonly registry: ScriptedRegistry
  /** Starts an SDK with the URL of the registry in its environment. */
  start(environment?: Environment): SdkProcess
  /** Starts an SDK with an agent that has joined. */
  join(options?: Options, environment?: Environment): Promise<SdkProcess>
  /** Starts another registry. */
  anotherRegistry(): Promise<ScriptedRegistry>
}

/** An agent as the cases register it. */
export const AGENT = {
  agent_id: 'a-1',
  agent_name: 'An agent',
  host: '10.0.0.7',
  port: 8001,
  instance_id: 'run-1',
} as const

/**
 * Defines the cases of a topic for every SDK. Their names are those in `docs/sdk-contract.md`.
 */
export function conformance(
  topic: string,
  define: (rule: (name: string, run: (stage: Stage) => Promise<void>) => void) => void,
): void {
  if (PYTHON_NOT_RUN !== undefined) test.skip(PYTHON_NOT_RUN)
  describe.each(SDKS)(`${topic}: $name`, (sdk) => {
    define((name, run) => {
      test(name, async () => {
        await using stack = new AsyncDisposableStack()
        const newRegistry = async () => stack.use(await ScriptedRegistry.start())
        const registry = await newRegistry()
        const start = (environment: Environment = {}) =>
          stack.use(new SdkProcess(sdk, { REGISTRY_URL: registry.url, ...environment }))
        const join = async (options: Options = {}, environment: Environment = {}) => {
          const process = start(environment)
          await process.do('join', { ...AGENT, ...options })
          return process
        }
        await run({ registry, start, join, anotherRegistry: newRegistry })
      })
    })
  })
}
