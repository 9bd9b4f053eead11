import type { Run } from './processes.ts'

/** Steps of every client, in order. Its program prints the name of each step that succeeded. */
export const STEPS = ['register', 'heartbeat', 'list', 'get', 'events page', 'delete'] as const

/** Where a client is built. */
export interface Workspace {
  /** Folder of this client; empty at first. */
  readonly folder: string
  /** For files that several clients need. */
  readonly sharedFolder: string
  /** The file with the OpenAPI document of the registry. */
  readonly document: string
  /** URL of the registry. */
  readonly url: string
  /** Runs a program in {@link folder}, or in another folder. */
  readonly run: Run
}

/** A command that runs a program with a client; its arguments are the URL and an agent id. */
export type ProgramCommand = readonly [program: string, ...args: string[]]

/** A generator of clients. */
export interface Generator {
  readonly name: string
  readonly version: string
  /** Commands required to run it. */
  readonly needs: readonly string[]
  /**
   * Generates and compiles a client.
   *
   * @throws Error with the output of the tool
   */
  build(workspace: Workspace): Promise<ProgramCommand>
}
