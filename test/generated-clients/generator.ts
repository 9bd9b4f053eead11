import type { Run } from './processes.ts'

/** What each client does, in this order. Its program prints the name of each step that worked. */
export const STEPS = ['register', 'heartbeat', 'list', 'get', 'events page', 'delete'] as const

/** Where a client is made. */
export interface Workshop {
  /** Of this client alone; empty at first. */
  readonly folder: string
  /** For what several clients need. */
  readonly sharedFolder: string
  /** The file with the OpenAPI document of the registry. */
  readonly document: string
  /** Of the registry. */
  readonly url: string
  /** Runs a program in {@link folder}, or in another one. */
  readonly run: Run
}

/** A command that runs a program with a client; it takes the address and an agent id. */
export type ProgramCommand = readonly [program: string, ...args: string[]]

/** A generator of clients. */
export interface Generator {
  readonly name: string
  readonly version: string
  /** Commands without which it is not run. */
  readonly needs: readonly string[]
  /**
   * Generates and compiles a client.
   *
   * @throws Error with what the tool said
   */
  build(workshop: Workshop): Promise<ProgramCommand>
}
