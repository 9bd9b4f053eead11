import type { Static } from '@rollcall/protocol/json-schema'
import { Ajv, type ValidateFunction } from 'ajv'
import { AgentRecord } from '../../domain/agent-record.ts'
import type { Transition } from '../../domain/transition.ts'
import type { CopiedAgent, RegistrySnapshot, SnapshotPosition } from '../copy/registry-snapshot.ts'
import { decodePreviousState } from '../previous-state.ts'
import { AgentLine, EXPORT_VERSION, ExportHeader, TransitionLine } from './export-lines.ts'
import { fromExportedEntry } from './exported-maintenance.ts'
import { fromExportedAgent, fromExportedRecord } from './exported-record.ts'
import { importProblem } from './import-problem.ts'
import { linesOf, type NumberedLine } from './line-reader.ts'

/** Compiled when first used: it was a tenth of the start of every registry. */
let compiled: ReturnType<typeof compile> | undefined
function validators() {
  compiled ??= compile()
  return compiled
}

function compile() {
  const ajv = new Ajv({ strict: false })
  return {
    isHeader: ajv.compile<ExportHeader>(ExportHeader),
    isAgentLine: ajv.compile<Static<typeof AgentLine>>(AgentLine),
    isTransitionLine: ajv.compile<Static<typeof TransitionLine>>(TransitionLine),
  }
}

/** An export, read once from the beginning to the end. */
export class JsonLinesSnapshot implements RegistrySnapshot {
  readonly position: SnapshotPosition
  readonly #lines: ExportLines

  private constructor(position: SnapshotPosition, lines: ExportLines) {
    this.position = position
    this.#lines = lines
  }

  /** Reads the header. @throws RegistryError `STORAGE_UNUSABLE` when it is not that of an export */
  static async open(chunks: AsyncIterable<Uint8Array>): Promise<JsonLinesSnapshot> {
    const lines = new ExportLines(linesOf(chunks))
    const line = await lines.next('the header')
    const header = parse(line)
    const { rollcall_export: version } = Object(header)
    if (typeof version !== 'number')
      throw importProblem(line.number, 'it is not the header of an export')
    if (version !== EXPORT_VERSION) {
      const supported = `this Rollcall supports version ${EXPORT_VERSION}`
      throw importProblem(line.number, `the export has version ${version}; ${supported}`)
    }
    const valid = requireValid(line, header, validators().isHeader)
    const { epoch, revision, at_ms: atMs, agents, transitions } = valid
    const branches = valid.branches.map(({ id, began_at: beganAt }) => ({ id, beganAt }))
    const maintenance = valid.maintenance.map(fromExportedEntry)
    const position = { epoch, branches, revision, atMs, agents, transitions, maintenance }
    return new JsonLinesSnapshot(position, lines)
  }

  async *agents(): AsyncGenerator<readonly CopiedAgent[]> {
    const { agents, atMs, revision } = this.position
    let previous = ''
    for (let left = agents; left > 0; left--) {
      const line = await this.#lines.next(`${left} more agents`)
      const { agent, card } = requireValid(line, parse(line), validators().isAgentLine)
      const record = fromExportedAgent(agent, atMs)
      if (record.agentId <= previous) {
        throw importProblem(line.number, `agent ${record.agentId} repeats, or is not in order`)
      }
      if (record.revision > revision) throw beyondHeader(line, record.revision, revision)
      previous = record.agentId
      // Of a card, the store holds both or nothing: the summary in the record, and the text.
      if ((record.card === null) !== (card === undefined)) {
        throw importProblem(
          line.number,
          `agent ${record.agentId} lacks its card, or has one too many`,
        )
      }
      yield [{ agent: record, card }]
    }
  }

  async *transitions(): AsyncGenerator<readonly Transition[]> {
    const { transitions, revision } = this.position
    for (let left = transitions; left > 0; left--) {
      const line = await this.#lines.next(`${left} more transitions`)
      const { transition } = requireValid(line, parse(line), validators().isTransitionLine)
      // The history has no gaps, and ends at the revision of the registry.
      const expected = revision - left + 1
      if (transition.revision !== expected) {
        throw importProblem(
          line.number,
          `it has revision ${transition.revision} instead of ${expected}`,
        )
      }
      yield [toTransition(transition)]
    }
    await this.#lines.requireEnd()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.close()
  }
}

type ExportedTransition = Static<typeof TransitionLine>['transition']

function toTransition(exported: ExportedTransition): Transition {
  const { revision, type, at_ms: atMs, reason, actor } = exported
  const agent = new AgentRecord({ ...fromExportedRecord(exported.agent), revision })
  const before =
    exported.before === null
      ? undefined
      : decodePreviousState(agent, JSON.stringify(exported.before))
  return { revision, type, agentId: agent.agentId, atMs, reason, actor, agent, before }
}

/** The lines of an export, one after the other. */
class ExportLines {
  readonly #pages: AsyncGenerator<readonly NumberedLine[]>
  #page: readonly NumberedLine[] = []
  #at = 0
  #number = 0

  constructor(pages: AsyncGenerator<readonly NumberedLine[]>) {
    this.#pages = pages
  }

  /** @throws RegistryError when there are no more lines */
  async next(missing: string): Promise<NumberedLine> {
    const line = await this.#take()
    if (line !== undefined) return line
    throw importProblem(this.#number + 1, `the export is cut off: ${missing} should follow`)
  }

  /** @throws RegistryError when there are more lines than the header says */
  async requireEnd(): Promise<void> {
    const line = await this.#take()
    if (line !== undefined) throw importProblem(line.number, 'the export should end before it')
  }

  async close(): Promise<void> {
    await this.#pages.return(undefined)
  }

  async #take(): Promise<NumberedLine | undefined> {
    while (this.#at === this.#page.length) {
      const { done, value } = await this.#pages.next()
      if (done) return undefined
      this.#page = value
      this.#at = 0
    }
    const line = this.#page[this.#at++]
    this.#number = line?.number ?? this.#number
    return line
  }
}

function parse({ text, number, isComplete }: NumberedLine): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw importProblem(number, isComplete ? 'it is not valid JSON' : 'the export is cut off in it')
  }
}

function requireValid<S>(
  { number }: NumberedLine,
  value: unknown,
  validate: ValidateFunction<S>,
): S {
  if (validate(value)) return value
  const [error] = validate.errors ?? []
  const where = error?.instancePath ? `${error.instancePath.slice(1)} ` : 'it '
  const what = Object.values(error?.params ?? {}).join(', ')
  throw importProblem(number, `${where}${error?.message} (${what})`)
}

function beyondHeader(line: NumberedLine, found: number, last: number) {
  return importProblem(line.number, `revision ${found} is after that of the header, ${last}`)
}
