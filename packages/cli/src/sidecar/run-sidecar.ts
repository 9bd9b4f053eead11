import type { AgentOptions } from '@rollcall/client'
import type { RegistrationNames } from '@rollcall/protocol'
import { EXIT_CODES } from '../exit-codes.ts'
import { AgentLease } from './agent-lease.ts'
import type { HealthMonitorOptions } from './health-monitor.ts'
import type { Notify } from './notices.ts'
import { ProgramNotStartedError, ProgramProcess } from './program-process.ts'
import { waitUntilReady } from './readiness-check.ts'

/** What becomes of the program when another instance registers the agent. */
export const ON_SUPERSEDED = ['keep', 'stop'] as const
export type OnSuperseded = (typeof ON_SUPERSEDED)[number]

/** A program and its agent. */
export interface SidecarOptions {
  /** Names every field of a registration; undefined: it is not sent. */
  readonly agent: AgentOptions &
    RegistrationNames & {
      readonly host: string
      readonly port: number
      readonly instanceId: string
    }
  readonly command: string
  readonly args: readonly string[]
  /** Delays the registration until the check passes, and stops heartbeats while it fails. */
  readonly monitor?: HealthMonitorOptions | undefined
  /** Timeout for the first check in milliseconds; `Infinity` for no timeout. */
  readonly checkTimeoutMs: number
  readonly killAfterSeconds: number
  /** Whether the program goes on, without heartbeats, when another instance registers the agent. */
  readonly onSuperseded: OnSuperseded
  readonly notify: Notify
}

/**
 * Runs a program as an agent until it exits. Returns the exit code: that of the program, 126 or 127
 * if it could not be started, 1 if it did not pass its first check in time, 3 if it was stopped
 * because another instance has registered the agent.
 *
 * @throws TypeError or RangeError that names the invalid property of the agent
 */
export async function runSidecar(options: SidecarOptions): Promise<number> {
  const { agent, command, args, monitor, killAfterSeconds, notify } = options
  const superseded = Promise.withResolvers<void>()
  const lease = new AgentLease(agent, { notify, monitor, onSuperseded: superseded.resolve })
  const environment = {
    ...process.env,
    AGENT_ID: agent.agentId,
    AGENT_INSTANCE_ID: agent.instanceId,
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
  let isEnding = false
  program.forwardSignals((signal) => {
    if (signal !== 'SIGTERM') return
    isEnding = true
    // Callers should send no work to a program that is shutting down.
    void lease.drain()
  })
  let wasStopped = false
  void superseded.promise.then(() => {
    // Many programs exit immediately on a second signal.
    if (options.onSuperseded === 'keep' || isEnding) return
    wasStopped = true
    program.terminate()
  })
  const stop = new AbortController()
  const becameReady = register(lease, options, stop.signal).then((isReady) => {
    if (!isReady) program.terminate()
    return isReady
  })
  const code = await program.exited
  isEnding = true
  stop.abort()
  const wasInTime = await becameReady
  await lease.close()
  if (wasStopped) return EXIT_CODES.superseded
  return wasInTime ? code : EXIT_CODES.failed
}

/** Returns false if the program did not pass its check in time. */
async function register(
  lease: AgentLease,
  { agent, monitor, checkTimeoutMs: timeoutMs, notify }: SidecarOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (monitor) {
    const { check } = monitor
    try {
      if (!(await waitUntilReady(check, { timeoutMs, signal, notify }))) {
        const seconds = timeoutMs / 1000
        const message = `${check.target} did not pass within ${seconds} s: terminating`
        notify('check_timeout', `${agent.agentId}: ${message}`)
        return false
      }
    } catch {
      return true // The program exited; its exit code is returned.
    }
  }
  lease.start()
  return true
}
