import type { AgentOptions } from '@rollcall/client'
import { EXIT_CODES } from '../exit-codes.ts'
import { AgentLease } from './agent-lease.ts'
import type { HealthWatchOptions } from './health-watch.ts'
import type { Notify } from './notices.ts'
import { ProgramNotStartedError, ProgramProcess } from './program-process.ts'
import { waitUntilReady } from './readiness-check.ts'

/** A program, and the agent that it is. */
export interface SidecarOptions {
  readonly agent: AgentOptions & { readonly host: string; readonly port: number }
  readonly command: string
  readonly args: readonly string[]
  /** When it is registered first, and whether it stays. */
  readonly watch?: HealthWatchOptions | undefined
  /** Milliseconds that the program has to pass its first check; `Infinity`: as long as it takes. */
  readonly checkTimeoutMs: number
  readonly killAfterSeconds: number
  readonly notify: Notify
}

/**
 * Runs a program to its end as an agent of the registry. Returns the exit code: that of the
 * program, 126 or 127 when it could not be started, 1 when it never passed its check.
 *
 * @throws TypeError or RangeError that names what is wrong with the agent
 */
export async function runSidecar(options: SidecarOptions): Promise<number> {
  const { agent, command, args, watch, killAfterSeconds, notify } = options
  const lease = new AgentLease(agent, { notify, watch })
  const environment = {
    ...process.env,
    AGENT_ID: agent.agentId,
    AGENT_HOST: agent.host,
    AGENT_PORT: String(agent.port),
    PORT: String(agent.port),
    REGISTRY_URL: lease.registryUrl,
  }
  let program: ProgramProcess
  try {
    program = await ProgramProcess.start({ command, args, environment, killAfterSeconds, notify })
  } catch (error) {
    if (!(error instanceof ProgramNotStartedError)) throw error
    notify('not_started', error.message)
    return error.exitCode
  }
  program.passSignalsOn((signal) => {
    // Nobody should send work to a program that was asked to end.
    if (signal === 'SIGTERM') void lease.drain()
  })
  const stop = new AbortController()
  const becameReady = register(lease, options, stop.signal).then((isReady) => {
    if (!isReady) program.end()
    return isReady
  })
  const code = await program.ended
  stop.abort()
  const wasInTime = await becameReady
  await lease.close()
  return wasInTime ? code : EXIT_CODES.failed
}

/** False: the program did not pass its check in time. */
async function register(
  lease: AgentLease,
  { agent, watch, checkTimeoutMs: timeoutMs, notify }: SidecarOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (watch) {
    const { check } = watch
    try {
      if (!(await waitUntilReady(check, { timeoutMs, signal, notify }))) {
        const seconds = timeoutMs / 1000
        const message = `${check.target} did not answer within ${seconds} s: ending it`
        notify('check_timeout', `${agent.agentId}: ${message}`)
        return false
      }
    } catch {
      return true // The program ended by itself; its own exit code says how.
    }
  }
  lease.start()
  return true
}
