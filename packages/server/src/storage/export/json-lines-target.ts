import { branchesOf } from '../../domain/branch.ts'
import type { Transition } from '../../domain/transition.ts'
import type { CopiedAgent, RegistryTarget, SnapshotPosition } from '../copy/registry-snapshot.ts'
import { encodePreviousState } from '../previous-state.ts'
import { EXPORT_VERSION } from './export-lines.ts'
import { toExportedEntry } from './exported-maintenance.ts'
import { toExportedAgent, toExportedRecord } from './exported-record.ts'

/** Writes some lines. Resolves when there is room for more. */
export type WriteLines = (text: string) => void | Promise<void>

/** Writes a registry as JSON Lines. */
export class JsonLinesTarget implements RegistryTarget {
  readonly #write: WriteLines

  private constructor(write: WriteLines) {
    this.#write = write
  }

  /** Writes the header. */
  static async begin(position: SnapshotPosition, write: WriteLines): Promise<JsonLinesTarget> {
    const { epoch, revision, atMs, agents, transitions } = position
    const branches = branchesOf(position).map(({ id, beganAt }) => ({ id, began_at: beganAt }))
    const maintenance = position.maintenance.map(toExportedEntry)
    const header = { rollcall_export: EXPORT_VERSION, epoch, branches, maintenance, revision }
    await write(`${JSON.stringify({ ...header, at_ms: atMs, agents, transitions })}\n`)
    return new JsonLinesTarget(write)
  }

  async addAgents(agents: readonly CopiedAgent[], atMs: number): Promise<void> {
    const lines = agents.map(({ agent, card }) => ({
      agent: toExportedAgent(agent, atMs),
      card,
    }))
    await this.#write(toLines(lines))
  }

  async addTransitions(transitions: readonly Transition[]): Promise<void> {
    const lines = transitions.map((it) => ({
      transition: {
        revision: it.revision,
        type: it.type,
        at_ms: it.atMs,
        reason: it.reason,
        actor: it.actor,
        before: JSON.parse(encodePreviousState(it) ?? 'null'),
        agent: toExportedRecord(it.agent),
      },
    }))
    await this.#write(toLines(lines))
  }

  async finish(): Promise<void> {}

  async close(): Promise<void> {}
}

function toLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}
